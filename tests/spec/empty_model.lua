return Model {}
