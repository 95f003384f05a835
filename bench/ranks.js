/** The variables of one of `count` processes on this machine. The first one listens at `port`. */
export function placeVariables(rank, count, port) {
  return { RANK: `${rank}`, WORLD_SIZE: `${count}`, MASTER_ADDR: '127.0.0.1', MASTER_PORT: `${port}` }
}
