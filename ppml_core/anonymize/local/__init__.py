"""Local recoding: each class of look-alikes is published as finely as its own members allow."""
