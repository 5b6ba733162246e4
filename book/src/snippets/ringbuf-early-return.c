	if (event->uid != 0)
		return 0;
