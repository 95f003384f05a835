/** A fenced block of code. */
export interface Block {
  /** The word after the fence; '' for none. */
  language: string
  code: string
  /** Line of its fence, from 1. */
  line: number
  /** The text of the comment `<!-- docs-test: … -->` right before it. */
  directive: string | undefined
}

export interface Link {
  target: string
  line: number
}

const FENCE = /^(\s*)(```+|~~~+)\s*(\S*).*$/

export function blocksOf(text: string): Block[] {
  const blocks: Block[] = []
  let open: { block: Block; fence: string; indent: string; lines: string[] } | undefined
  let before = ''
  for (const [i, line] of text.split('\n').entries()) {
    const fence = FENCE.exec(line)
    if (open !== undefined) {
      if (fence?.[2] === open.fence && fence[3] === '') {
        open.block.code = open.lines.join('\n')
        blocks.push(open.block)
        open = undefined
      } else open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line)
      before = ''
    } else if (fence !== null) {
      const [, indent = '', mark = '', language = ''] = fence
      const directive = /^<!-- docs-test: (.+) -->$/.exec(before.trim())?.[1]
      open = { block: { language, code: '', line: i + 1, directive }, fence: mark, indent, lines: [] }
    } else if (line.trim() !== '') before = line
  }
  return blocks
}

/** The text without its code, line by line, so that what looks like a link there is none. */
function prose(text: string): string[] {
  let fence: string | undefined
  return text.split('\n').map(line => {
    const mark = FENCE.exec(line)
    if (fence !== undefined) {
      if (mark?.[2] === fence && mark[3] === '') fence = undefined
      return ''
    }
    fence = mark?.[2]
    return fence === undefined ? line.replace(/(`+)(?!`).*?[^`]\1(?!`)/g, '') : ''
  })
}

/** Targets of links, images and reference definitions, and of `href` and `src` in HTML. */
export function linksOf(text: string): Link[] {
  const patterns = [
    /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g,
    /^\s*\[[^\]]+\]:\s*<?(\S+?)>?\s*$/g,
    /\s(?:href|src|srcset)="([^"]+)"/g,
    /<(https?:[^>\s]+)>/g,
  ]
  return prose(text).flatMap((line, i) =>
    patterns.flatMap(pattern =>
      [...line.matchAll(pattern)].map(([, target]) => ({ target: target as string, line: i + 1 })),
    ),
  )
}

/** The names that `#…` may jump to: GitHub's, of headings, and those in HTML. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>()
  const seen = new Map<string, number>()
  let fence: string | undefined
  for (const line of text.split('\n')) {
    const mark = FENCE.exec(line)?.[2]
    if (mark !== undefined) fence = fence === undefined ? mark : mark === fence ? undefined : fence
    if (fence !== undefined) continue
    for (const [, name] of line.matchAll(/\s(?:id|name)="([^"]+)"/g)) anchors.add(name as string)
    const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1]
    if (heading === undefined) continue
    const slug = slugOf(heading)
    const times = seen.get(slug) ?? 0
    seen.set(slug, times + 1)
    anchors.add(times === 0 ? slug : `${slug}-${times}`)
  }
  return anchors
}

function slugOf(heading: string): string {
  return heading
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Mark}\p{Number}\p{Connector_Punctuation} -]/gu, '')
    .replaceAll(' ', '-')
}
