from rest_framework.pagination import PageNumberPagination


class Pages(PageNumberPagination):
    """Numbered pages, paged in SQL; a client may ask for up to 200 rows."""

    page_size_query_param = "page_size"
    max_page_size = 200
