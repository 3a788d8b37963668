"""What runs by itself: APScheduler says when, services do what, our tables say what was done."""
