"""Files of Diigo: exports, answers of its API, feeds and pages of groups."""
