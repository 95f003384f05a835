import { Message } from '../internal/protobuf.js'

// Field numbers and values of tensorboard/compat/proto: event.proto and summary.proto.
const Event = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 } as const
const Summary = { value: 1 } as const
const Value = { tag: 1, simpleValue: 2, image: 4 } as const
const Image = { height: 1, width: 2, colorspace: 3, encoded: 4 } as const
const SessionLog = { status: 1 } as const

const GREY = 1
const SESSION_START = 1

/** A PNG of a grey picture. */
export interface Picture {
  png: Uint8Array
  width: number
  height: number
}

/** Makes the first event of a file. */
export function fileVersion(): Message {
  return event(0).text(Event.fileVersion, 'brain.Event:2')
}

/** Makes the event that begins a run. TensorBoard then forgets this and later steps of the folder's earlier files. */
export function sessionStart(step: number): Message {
  return event(step).bytes(Event.sessionLog, new Message().integer(SessionLog.status, SESSION_START))
}

/** Makes an event with one number per tag. TensorBoard groups tags by the part before their slash. */
export function scalars(step: number, values: Readonly<Record<string, number>>): Message {
  const summary = new Message()
  for (const [tag, value] of Object.entries(values)) {
    summary.bytes(Summary.value, new Message().text(Value.tag, tag).float32(Value.simpleValue, value))
  }
  return event(step).bytes(Event.summary, summary)
}

/** Makes an event with a picture. */
export function picture(step: number, tag: string, { png, width, height }: Picture): Message {
  const image = new Message()
    .integer(Image.height, height)
    .integer(Image.width, width)
    .integer(Image.colorspace, GREY)
    .bytes(Image.encoded, png)
  const value = new Message().text(Value.tag, tag).bytes(Value.image, image)
  return event(step).bytes(Event.summary, new Message().bytes(Summary.value, value))
}

function event(step: number): Message {
  return new Message().float64(Event.wallTime, Date.now() / 1000).integer(Event.step, step)
}
