from keras.models import Sequential
from keras.layers import LSTM, Dense, Dropout
# the model
model = Sequential()
model.add(LSTM(300, input_shape=(50, 1), return_sequences=True))
model.add(Dropout(0.2))
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(X, y, epochs=1, batch_size=30) // one epoch
if n != 3 then n += 1 end
sizes = [1, 2]
