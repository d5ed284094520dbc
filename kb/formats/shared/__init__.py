"""What several formats share: decoding, JSON, XML, CSV, dates, values of references, and the types of formats."""
