#include "tests/support/api_methods.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace windrow::testing {

std::vector<const google::protobuf::MethodDescriptor*> ApiMethods() {
  std::vector<const google::protobuf::MethodDescriptor*> methods;
  const auto* pool = google::protobuf::DescriptorPool::generated_pool();
  for (const auto& entry :
       std::filesystem::directory_iterator(WINDROW_PROTO_FOLDER "/windrow/v1")) {
    const std::string name = "windrow/v1/" + entry.path().filename().string();
    const auto* file = pool->FindFileByName(name);
    if (file == nullptr) {
      ADD_FAILURE() << name << " is not linked: proto/CMakeLists.txt lists them";
      continue;
    }
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        methods.push_back(file->service(s)->method(m));
      }
    }
  }
  return methods;
}

}  // namespace windrow::testing
