"""A process that says that it began, and then nothing more for a long time."""

import time

if __name__ == "__main__":
    print('{"began": true}', flush=True)
    time.sleep(600)
