"""The engines that are compared, each behind the interface of `answer.Rival`."""
