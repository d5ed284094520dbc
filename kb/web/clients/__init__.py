"""The interfaces of other services, for programs that were written for them: linkding, Diigo, Pinboard, Hypothesis."""
