"""Pictures of a live system and of finished runs; everything they show is computed in `reports`."""
