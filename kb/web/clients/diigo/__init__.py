"""The API of Diigo, version 2 (diigo.com/api_dev), for scripts that were written for it."""
