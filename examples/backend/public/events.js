/**
 * The server-sent events of an answer, as `{ event, data }`. `EventSource` would do it, but can only GET.
 */
export async function* eventsOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const blocks = (text + part.value).split('\n\n')
    text = blocks.pop()
    for (const block of blocks) {
      const fields = block
        .split('\n')
        .map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)])
      const { event, data } = Object.fromEntries(fields)
      yield { event, data: JSON.parse(data) }
    }
  }
}
