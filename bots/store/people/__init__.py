"""What is known of people: who wants to be left alone or forgotten, and what they are told in private."""
