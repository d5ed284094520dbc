"""What programs written for other services need: saving by address, numbers as ids, listings by offset."""
