const originals = new Map<string, string | undefined>()

/** Sets an environment variable until the test ends; undefined removes it. */
export function setVariable(name: string, value: string | undefined): void {
  if (!originals.has(name)) originals.set(name, process.env[name])
  assign(name, value)
}

afterEach(() => {
  for (const [name, value] of originals) assign(name, value)
  originals.clear()
})

function assign(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}
