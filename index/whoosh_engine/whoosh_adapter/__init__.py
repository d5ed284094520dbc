"""What Whoosh 2.7.4 sees of our segments."""
