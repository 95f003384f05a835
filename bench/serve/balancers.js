import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../port.js'

/** The configuration and the command of each balancer, for a number of replicas on this machine. */
const KINDS = {
  haproxy: {
    config: (port, replicas) => `
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
frontend digits
  bind 127.0.0.1:${port}
  default_backend replicas
backend replicas
  balance leastconn
${replicas.map((host, i) => `  server replica${i} ${host}`).join('\n')}
`,
    args: file => ['-db', '-f', file],
  },
  nginx: {
    config: (port, replicas) => `
daemon off;
pid nginx.pid;
worker_processes 1;
error_log stderr;
events { worker_connections 1024; }
http {
  access_log off;
  upstream replicas { least_conn; keepalive 64; ${replicas.map(host => `server ${host};`).join(' ')} }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://replicas; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host; }
  }
}
`,
    args: (file, folder) => ['-p', folder, '-c', file],
  },
}

/** A balancer in front of servers; null where it is not installed. Ends with `stop()`. */
export async function startBalancer(kind, urls, folder) {
  const { config, args } = KINDS[kind]
  const port = await freePort()
  const file = join(folder, `${kind}.conf`)
  const replicas = urls.map(url => new URL(url).host)
  await writeFile(file, config(port, replicas))
  const child = spawn(kind, args(file, folder), { stdio: ['ignore', 'ignore', 'inherit'] })
  const closed = once(child, 'close')
  const failed = await Promise.race([closed.catch(error => error), answering(port)])
  if (failed?.code === 'ENOENT') return null
  if (failed !== undefined) throw new Error(`${kind} did not start`)
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      child.kill('SIGTERM')
      await closed
    },
  }
}

async function answering(port) {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined)
    if (answer?.ok) return
    await sleep(50)
  }
}
