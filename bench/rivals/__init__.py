"""The parts of `bench/speed.py`: one corpus, one set of questions, and four engines."""
