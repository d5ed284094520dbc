"""The JSON objects of the API. The API description is generated from them (`kb.web.api.description`)."""
