"""Questions with relevance judgements: the expected passages and the measures."""
