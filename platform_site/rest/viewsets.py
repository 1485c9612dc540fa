"""The base of our viewsets."""

from rest_framework.viewsets import GenericViewSet

from platform_site.db.ids import ID_LENGTH

ID_PATTERN = f"c[0-9a-z]{{{ID_LENGTH - 1}}}"  # what is no id has no address: 404 before any query


class APIViewSet(GenericViewSet):
    lookup_value_regex = ID_PATTERN
