"""The networks and how each is trained: codec, text side, decoder, UNet, and what their trainings share."""
