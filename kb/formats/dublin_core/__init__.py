"""Dublin Core in XML, as OAI-PMH carries it."""
