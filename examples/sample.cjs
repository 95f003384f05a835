// The same from CommonJS, a file a digit: node examples/sample.cjs [count]
const { writeFile } = require('node:fs/promises')
const { DCGAN } = require('libtorch-dcgan')

async function main(count) {
  const gan = await DCGAN.pretrained()
  const digits = await gan.sample(count)
  for (let i = 0; i < digits.count; i++) await writeFile(`digit-${i}.png`, await digits.png(i))
  await gan.dispose()
  console.log(`${count} digits: digit-0.png and so on`)
}

main(Number(process.argv[2] ?? 4))
