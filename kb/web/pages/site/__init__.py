"""Pages of the site: home, legal texts, manifest, OpenSearch, health."""
