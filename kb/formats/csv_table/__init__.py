"""Tables in CSV, for spreadsheets and from Raindrop and Readwise."""
