"""The pages for people: views by subject. They call the same actions as the API."""
