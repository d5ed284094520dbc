"""The compared engines, each with the interface of `answer.Rival`."""
