"""Models as judges: what they are shown, how they are asked, what several are worth together."""
