/** The global functions of which one exists everywhere. Their types differ between platforms. */
interface Timers {
  setImmediate?(call: () => void): unknown
  MessageChannel?: new () => { port1: Port; port2: Port }
  setTimeout(call: () => void): unknown
}
interface Port {
  onmessage: (() => void) | null
  postMessage(message: null): void
}

const { setImmediate, MessageChannel, setTimeout } = globalThis as unknown as Timers

/** Resolves after the events that wait now. Browsers delay setTimeout by four milliseconds, but not messages. */
export function nextTurn(): Promise<void> {
  return new Promise(resolve => {
    if (setImmediate !== undefined) {
      setImmediate(resolve)
    } else if (MessageChannel !== undefined) {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => resolve()
      port2.postMessage(null)
    } else {
      setTimeout(resolve)
    }
  })
}
