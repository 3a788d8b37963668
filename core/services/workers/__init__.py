"""What volunteers' workers are greeted with, credited for and held to."""
