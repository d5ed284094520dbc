"""What `bench/speed.py` stands on: one corpus, one set of questions, four engines that answer them."""
