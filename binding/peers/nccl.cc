#include "peers/nccl.h"

#ifdef DCGAN_NCCL_HEADERS

// c10d's headers declare the group of NCCL only with this macro.
#define USE_C10D_NCCL
#include <ATen/cuda/CUDAContext.h>
#include <c10/util/env.h>

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include "peers/weak.h"

namespace dcgan {

DCGAN_WEAK(nccl_group,
           "_ZN4c10d16ProcessGroupNCCLC1EN3c1013intrusive_ptrINS_5StoreENS1_6detail34intrusive_target_"
           "default_null_typeIS3_EEEEiiNS2_INS0_7OptionsENS5_IS8_EEEE");
DCGAN_WEAK(nccl_options, "_ZN4c10d16ProcessGroupNCCL7OptionsC1Eb");

std::string nccl_gpu(at::Device device) {
  if (!device.is_cuda() || &nccl_group == nullptr || &nccl_options == nullptr) return {};
  const auto& uuid = at::cuda::getDeviceProperties(device.index())->uuid;
  return {std::begin(uuid.bytes), std::end(uuid.bytes)};
}

BackendPtr make_nccl_backend(const PeerPlace& place, const StorePtr& store, const std::string& name) {
  // Otherwise a thread of c10d's ends this process when another one fails.
  c10::utils::set_env("TORCH_NCCL_BLOCKING_WAIT", "1");
  const StorePtr own = c10::make_intrusive<c10d::PrefixStore>(place.prefix + name, store);
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(own, place.rank, place.count,
                                                     c10d::ProcessGroupNCCL::Options::create());
}

}  // namespace dcgan

#else

namespace dcgan {

std::string nccl_gpu(at::Device) { return {}; }

BackendPtr make_nccl_backend(const PeerPlace&, const StorePtr&, const std::string&) {
  throw Error("ERR_DCGAN_NATIVE", "The engine was built without NCCL's headers");
}

}  // namespace dcgan

#endif
