"""The rules of who is told what and when: values in, values out."""
