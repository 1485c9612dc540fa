"""What every table shares: ids, time stamps, soft deletion, rules as triggers. Imports no app."""
