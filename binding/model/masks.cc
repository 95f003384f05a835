#include "model/masks.h"

#include <ATen/Parallel.h>

#include "random/philox.h"
#include "sizes.h"

namespace dcgan {

namespace {

torch::Tensor mask_on_cpu(const Dropout& dropout, std::uint32_t layer, std::int64_t batch, Map map,
                          torch::Dtype dtype) {
  const std::int64_t tile = batch * map.channels;
  auto keep = torch::empty({map.pixels(), batch, map.channels}, torch::kUInt8);
  auto* out = keep.data_ptr<std::uint8_t>();
  at::parallel_for(0, map.pixels(), 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto pixel = begin; pixel < end; ++pixel)
      keep_tile(dropout, {layer, pixel}, batch, map.channels, out + pixel * tile);
  });
  return keep.permute({1, 2, 0})
      .reshape({batch, map.channels, map.side, map.side})
      .to(dtype)
      .mul_(dropout.scale());
}

torch::Tensor mask_on_cuda(const DeviceDropout& dropout, std::int64_t batch, Map map, torch::Device device,
                           torch::Dtype dtype) {
  const auto& slice = dropout.slice;
  const auto batches = batch / slice.count;
  return torch::empty({batches, slice.total, map.channels, map.side, map.side},
                      torch::dtype(dtype).device(device))
      .bernoulli_(1.0 - dropout.probability, dropout.cuda)
      .narrow(1, slice.first, slice.count)
      .reshape({batch, map.channels, map.side, map.side})
      .mul_(dropout.scale());
}

}  // namespace

std::uint64_t mask_seed(const Dropout& dropout, std::uint64_t pass) {
  return derive_seed(dropout.key, Stream::kDropout, pass);
}

void seed_masks(DeviceDropout& dropout, torch::Device device) {
  if (!device.is_cuda() || dropout.probability == 0) return;
  if (!dropout.cuda.defined()) dropout.cuda = at::globalContext().defaultGenerator(device).clone();
  dropout.cuda.set_current_seed(mask_seed(dropout, dropout.pass));
}

DropoutMasks next_masks(DeviceDropout& dropout, std::int64_t batch, torch::Device device,
                        torch::Dtype dtype) {
  DropoutMasks masks;
  if (dropout.probability > 0) {
    if (device.is_cpu()) {
      masks.hidden1 = mask_on_cpu(dropout, 0, batch, kHidden1, dtype);
      masks.hidden2 = mask_on_cpu(dropout, 1, batch, kHidden2, dtype);
    } else {
      masks.hidden1 = mask_on_cuda(dropout, batch, kHidden1, device, dtype);
      masks.hidden2 = mask_on_cuda(dropout, batch, kHidden2, device, dtype);
    }
  }
  ++dropout.pass;
  return masks;
}

}  // namespace dcgan
