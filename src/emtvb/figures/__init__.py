"""What the figures of all kinds share: what they read, the style, panels, marks, images, spectra, words and saving."""
