"""The REST API of linkding (linkding.link), as its documentation of version 1.44 says."""
