"""What TensorBoard's own reader makes of a folder of event files, as JSON: curves and pictures by tag."""

import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

folder = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "images": 0})
folder.Reload()
tags = folder.Tags()
curves = {tag: [[event.step, event.value] for event in folder.Scalars(tag)] for tag in tags["scalars"]}
pictures = {
    tag: [[image.step, image.width, image.height, len(image.encoded_image_string)] for image in folder.Images(tag)]
    for tag in tags["images"]
}
print(json.dumps({"curves": curves, "pictures": pictures}))
