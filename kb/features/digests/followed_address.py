"""The address of what is followed."""

from kb.model.followed_search import followed_list_id, followed_request
from kb.web.http.urls.listing_scope import SEARCH_SCOPE
from kb.web.http.urls.page_urls import Addresses


def followed_address(addresses: Addresses, parameters: str) -> str:
    """The page of the list, or of the results of the search, with these parameters."""
    list_id = followed_list_id(parameters)
    return addresses.item_list(list_id) if list_id else addresses.listing(SEARCH_SCOPE, followed_request(parameters))
