"""What every driver is made of: the vocabulary, the observations, the decoder's contract, framing and the serial port."""
