"""What a message tells, in words, before it takes the form of a mail or a Slack message."""
