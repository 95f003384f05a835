# LibTorch as one imported target, libtorch::libtorch, from the folder LIBTORCH (`include/` and `lib/`).
#
# Not find_package(Torch): with a CUDA LibTorch it demands the whole CUDA toolkit, which none of this needs.
#
# Sets LIBTORCH_VERSION ("x.y.z"), read from the headers.
# DCGAN_CUDA_INCLUDE: a folder with cuda_runtime_api.h; sought in the nvidia wheels beside a CUDA LibTorch.
# The target defines DCGAN_CUDA=1 where LibTorch has CUDA, and DCGAN_CUDA_HEADERS=1 where its headers are complete.
# DCGAN_NCCL_INCLUDE: the folder of nccl.h of the very NCCL that LibTorch was built with; sought in the same wheels. Where it
# is there, the target defines DCGAN_NCCL_HEADERS=1.

if(NOT LIBTORCH AND DEFINED ENV{LIBTORCH})
  set(LIBTORCH $ENV{LIBTORCH})
endif()
if(NOT LIBTORCH)
  message(FATAL_ERROR "LIBTORCH is not set. `npx libtorch-dcgan setup` finds LibTorch and builds; "
    "by hand: -DLIBTORCH=<folder with include/ and lib/>.")
endif()
get_filename_component(LIBTORCH "${LIBTORCH}" ABSOLUTE)

set(LIBTORCH_VERSION)
foreach(header torch/headeronly/version.h torch/csrc/api/include/torch/version.h)
  if(NOT LIBTORCH_VERSION AND EXISTS "${LIBTORCH}/include/${header}")
    file(READ "${LIBTORCH}/include/${header}" text)
    set(parts)
    foreach(part MAJOR MINOR PATCH)
      if(text MATCHES "#define TORCH_VERSION_${part} ([0-9]+)")
        list(APPEND parts ${CMAKE_MATCH_1})
      endif()
    endforeach()
    list(LENGTH parts count)
    if(count EQUAL 3)
      list(JOIN parts . LIBTORCH_VERSION)
    endif()
  endif()
endforeach()
if(NOT LIBTORCH_VERSION)
  message(FATAL_ERROR "No LibTorch headers with a version in ${LIBTORCH}/include.")
endif()
# Set-up's own rule: what is older would end in a page of the compiler's. CMake 3.18 reads no JSON, and leaves it to set-up.
set(oldest 0)
if(NOT CMAKE_VERSION VERSION_LESS 3.19)
  file(READ "${CMAKE_CURRENT_LIST_DIR}/../package.json" manifest)
  string(JSON oldest GET "${manifest}" config libtorch)
endif()
if(LIBTORCH_VERSION VERSION_LESS oldest AND NOT "$ENV{LIBTORCH_BYPASS_VERSION_CHECK}" STREQUAL "1")
  message(FATAL_ERROR "LibTorch ${LIBTORCH_VERSION} in ${LIBTORCH} is too old: the addon needs ${oldest} or newer. "
    "`npx libtorch-dcgan setup --cpu` fetches one; LIBTORCH_BYPASS_VERSION_CHECK=1 tries it all the same.")
endif()

add_library(libtorch::libtorch INTERFACE IMPORTED)
target_include_directories(libtorch::libtorch SYSTEM INTERFACE
  "${LIBTORCH}/include" "${LIBTORCH}/include/torch/csrc/api/include")

set(libraries)
foreach(name torch torch_cpu c10 torch_cuda c10_cuda)
  set(file "${LIBTORCH}/lib/${CMAKE_SHARED_LIBRARY_PREFIX}${name}${CMAKE_SHARED_LIBRARY_SUFFIX}")
  if(EXISTS "${file}")
    list(APPEND libraries "${file}")
  elseif(NOT name MATCHES cuda)
    message(FATAL_ERROR "${file} is missing: LIBTORCH is not a complete LibTorch.")
  endif()
endforeach()
# torch_cuda registers itself when loaded and no symbol of it is used: without --no-as-needed it is dropped.
# LibTorch's own dependencies (nvidia's wheels) are looked up when it is loaded, not when this is linked.
target_link_libraries(libtorch::libtorch INTERFACE
  $<$<PLATFORM_ID:Linux>:-Wl,--no-as-needed> ${libraries} $<$<PLATFORM_ID:Linux>:-Wl,--as-needed>
  $<$<PLATFORM_ID:Linux>:-Wl,--allow-shlib-undefined>)

set(LIBTORCH_VARIANT CPU)
if(EXISTS "${LIBTORCH}/lib/${CMAKE_SHARED_LIBRARY_PREFIX}torch_cuda${CMAKE_SHARED_LIBRARY_SUFFIX}")
  set(LIBTORCH_VARIANT CUDA)
  target_compile_definitions(libtorch::libtorch INTERFACE DCGAN_CUDA=1)
  if(NOT DCGAN_CUDA_INCLUDE)
    file(GLOB headers "${LIBTORCH}/../nvidia/*/include/cuda_runtime_api.h")
    if(headers)
      list(GET headers 0 header)
      get_filename_component(DCGAN_CUDA_INCLUDE "${header}" DIRECTORY)
    endif()
  endif()
  # The runtime's headers lie in three wheels, and a part of them compiles nothing.
  file(GLOB cudart "${DCGAN_CUDA_INCLUDE}/../lib/libcudart.so*" "${DCGAN_CUDA_INCLUDE}/../lib64/libcudart.so*")
  if(cudart AND EXISTS "${DCGAN_CUDA_INCLUDE}/crt/host_config.h" AND EXISTS "${DCGAN_CUDA_INCLUDE}/nv/target")
    # LibTorch has opened this library by its soname when the engine is loaded.
    list(GET cudart 0 cudart)
    target_link_libraries(libtorch::libtorch INTERFACE "${cudart}")
    target_include_directories(libtorch::libtorch SYSTEM INTERFACE "${DCGAN_CUDA_INCLUDE}")
    target_compile_definitions(libtorch::libtorch INTERFACE DCGAN_CUDA_HEADERS=1)
    # Not one of the system's: LibTorch's classes have other sizes with another version.
    if(NOT DCGAN_NCCL_INCLUDE AND EXISTS "${LIBTORCH}/../nvidia/nccl/include/nccl.h")
      set(DCGAN_NCCL_INCLUDE "${LIBTORCH}/../nvidia/nccl/include")
    endif()
    if(DCGAN_NCCL_INCLUDE)
      target_include_directories(libtorch::libtorch SYSTEM INTERFACE "${DCGAN_NCCL_INCLUDE}")
      target_compile_definitions(libtorch::libtorch INTERFACE DCGAN_NCCL_HEADERS=1)
    endif()
  endif()
endif()
# Kept, so that set-up notices another LibTorch in the same folder, whose files may be older than this build.
set(LIBTORCH_KNOWN "${LIBTORCH_VERSION} ${LIBTORCH_VARIANT}" CACHE INTERNAL "The LibTorch configured for")
message(STATUS "LibTorch ${LIBTORCH_VERSION} (${LIBTORCH_VARIANT}) in ${LIBTORCH}")
