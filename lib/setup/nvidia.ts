// biome-ignore-all format: one wheel, one line.

/**
 * The SHA-256, as PyPI states it, of each wheel of NVIDIA's libraries for torch 2.14.1: what pip resolves its requirements
 * to, and the rest of the runtime's headers (crt, cccl), which the captured step is compiled with.
 */
export const NVIDIA_WHEELS: Record<string, [x64: string, arm64: string]> = {
  'nvidia-cublas==13.1.1.3': ['37936a16db8fe4ac1f065c2139360608a543a09275cb1a1af612e08cfa065436', 'b7a210458267ac818974c53038fbec2e969d5c99f305ab15c72522fa9f001dd5'],
  'nvidia-cuda-cccl==13.0.85': ['e0da7ad981f3a8aff08241b5bfc1af868742a63e2762f53a5171c492ef242649', '6f0203e29fed809ee2b7fe9b1344df66ecab990c37d6a2e0e189b26d6c97ed7c'],
  'nvidia-cuda-crt==13.0.88': ['2c8043c7c9e02492716426e9919fc78d2c5b3b2a7a768a88e952676b08aa55a4', 'ee2ea2a97073e02ee62bb27841f437332be2c248e3eac013df07997ada39c003'],
  'nvidia-cuda-cupti==13.0.85': ['4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8', '796bd679890ee55fb14a94629b698b6db54bcfd833d391d5e94017dd9d7d3151'],
  'nvidia-cuda-nvrtc==13.0.88': ['ad9b6d2ead2435f11cbb6868809d2adeeee302e9bb94bcf0539c7a40d80e8575', 'd27f20a0ca67a4bb34268a5e951033496c5b74870b868bacd046b1b8e0c3267b'],
  'nvidia-cuda-runtime==13.0.96': ['7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548', 'ef9bcbe90493a2b9d810e43d249adb3d02e98dd30200d86607d8d02687c43f55'],
  'nvidia-cudnn-cu13==9.24.0.43': ['71f181cd810e90f9b6023b01186fe82d13d65f0ec098581ee201d39fad769e4b', 'a6812a554a1ff0413e9c52b84c26c050380649ab9615f9c16bded368ce9f421f'],
  'nvidia-cufft==12.0.0.61': ['6c44f692dce8fd5ffd3e3df134b6cdb9c2f72d99cf40b62c32dde45eea9ddad3', '2708c852ef8cd89d1d2068bdbece0aa188813a0c934db3779b9b1faa8442e5f5'],
  'nvidia-cufile==1.15.1.6': ['08a3ecefae5a01c7f5117351c64f17c7c62efa5fffdbe24fc7d298da19cd0b44', 'bdc0deedc61f548bddf7733bdc216456c2fdb101d020e1ab4b88d232d5e2f6d1'],
  'nvidia-curand==10.4.0.35': ['1aee33a5da6e1db083fe2b90082def8915f30f3248d5896bcec36a579d941bfc', '133df5a7509c3e292aaa2b477afd0194f06ce4ea24d714d616ff36439cee349a'],
  'nvidia-cusolver==12.0.4.66': ['0a759da5dea5c0ea10fd307de75cdeb59e7ea4fcb8add0924859b944babf1112', '02c2457eaa9e39de20f880f4bd8820e6a1cfb9f9a34f820eb12a155aa5bc92d2'],
  'nvidia-cusparse==12.6.3.3': ['2b3c89c88d01ee0e477cb7f82ef60a11a4bcd57b6b87c33f789350b59759360b', '80bcc4662f23f1054ee334a15c72b8940402975e0eab63178fc7e670aa59472c'],
  'nvidia-cusparselt-cu13==0.8.1': ['786ce87568c303fadb5afcc7102d454cd3040d75f6f8626f5db460d1871f4dd0', '4dca476c50bf4780d46cd0bfbd82e2bc10a08e4fef7950917ce8d7578d22a23f'],
  'nvidia-nccl-cu13==2.30.7': ['cefa7fdb9710efd0f39c5f1be1d61ff6fc9a996c451265bd7fbdcf9455ed4b50', 'ca786ffa5a647c75d4d1f5cc72a6c4f537947e2ba8823d7c8aaf768e7a7b9f77'],
  'nvidia-nvjitlink==13.5.37': ['280d7cb9649704145f074b8dbde500de04ce02d0872e066e20a83c17bcaa93eb', '893f6f9a55b2720ed94913b5ba3332e972da8c78dfa2863d0244403dbd528ffc'],
  'nvidia-nvshmem-cu13==3.4.5': ['290f0a2ee94c9f3687a02502f3b9299a9f9fe826e6d0287ee18482e78d495b80', '6dc2a197f38e5d0376ad52cd1a2a3617d3cdc150fd5966f4aee9bcebb1d68fe9'],
  'nvidia-nvtx==13.0.85': ['4936d1d6780fbe68db454f5e72a42ff64d1fd6397df9f363ae786930fd5c1cd4', 'cb7780edb6b14107373c835bf8b72e7a178bac7367e23da7acb108f973f157a6'],
}
