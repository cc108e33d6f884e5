-- Prefect's own tables stand in a database beside the articles, so that each can be saved and vacuumed by itself.
CREATE DATABASE prefect;
