#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <set>

#include "common/base/settings.h"

namespace windrow::config {
namespace {

const FileSection* FindSection(const std::vector<FileSection>& sections,
                               std::string_view name) {
  for (const FileSection& section : sections) {
    if (section.name == name) return &section;
  }
  return nullptr;
}

// Reads one YAML file; the nodes' lines become the values' origins.
class YamlReader {
 public:
  YamlReader(const std::string& file, const std::vector<FileSection>& sections,
             std::string_view wanted, Violations* violations)
      : file_(file), sections_(sections), wanted_(wanted), violations_(*violations) {}

  std::vector<Given> Read(const std::string& text) {
    const YAML::Node root = YAML::Load(text);
    if (root.IsNull()) return {};
    if (!root.IsMap()) {
      violations_.Add(Place(root), "the file must be a map of settings, name: value");
      return {};
    }
    std::set<std::string> seen;
    std::vector<Given> section_values;
    for (const auto& entry : root) {
      const std::string key = Key(entry.first);
      if (IsRepeated(entry.first, key, &seen)) continue;
      if (const FileSection* section = FindSection(sections_, key)) {
        ReadSection(*section, entry.second, &section_values);
      } else {
        ReadTopLevel(key, entry.first, entry.second);
      }
    }
    // After the top level's, so that they win.
    top_.insert(top_.end(), section_values.begin(), section_values.end());
    return std::move(top_);
  }

 private:
  std::string Place(const YAML::Node& node) const {
    return fmt::format("{}:{}", file_, node.Mark().line + 1);
  }

  static std::string Key(const YAML::Node& node) {
    return node.IsScalar() ? node.Scalar() : std::string();
  }

  bool IsRepeated(const YAML::Node& key_node, const std::string& key,
                  std::set<std::string>* seen) {
    if (seen->insert(key).second) return false;
    violations_.Add(Place(key_node) + ": " + key, "is given twice; keep one");
    return true;
  }

  void ReadTopLevel(const std::string& key, const YAML::Node& key_node,
                    const YAML::Node& value) {
    bool known = false;
    std::vector<std::string> names;
    for (const FileSection& section : sections_) {
      names.push_back(section.name);
      for (const Setting& setting : section.table->settings()) {
        names.push_back(setting.name);
      }
      const Setting* setting = section.table->Find(key);
      if (setting == nullptr) continue;
      known = true;
      if (section.name == wanted_) ReadValue(*setting, key_node, value, &top_);
    }
    if (!known) Unknown(key_node, key, names);
  }

  void ReadSection(const FileSection& section, const YAML::Node& values,
                   std::vector<Given>* out) {
    if (values.IsNull()) return;
    if (!values.IsMap()) {
      violations_.Add(Place(values) + ": " + section.name,
                      "must be a map of settings, name: value");
      return;
    }
    std::vector<std::string> names;
    for (const Setting& setting : section.table->settings()) {
      names.push_back(setting.name);
    }
    std::set<std::string> seen;
    for (const auto& entry : values) {
      const std::string key = Key(entry.first);
      if (IsRepeated(entry.first, key, &seen)) continue;
      const Setting* setting = section.table->Find(key);
      if (setting == nullptr) {
        Unknown(entry.first, key, names);
      } else if (section.name == wanted_) {
        ReadValue(*setting, entry.first, entry.second, out);
      }
    }
  }

  void Unknown(const YAML::Node& key_node, const std::string& key,
               const std::vector<std::string>& names) {
    violations_.Add(Place(key_node) + ": " + key,
                    "is not a known setting" + Suggestion(key, names));
  }

  void ReadValue(const Setting& setting, const YAML::Node& key_node,
                 const YAML::Node& value, std::vector<Given>* out) {
    const std::string place = Place(key_node);
    if (value.IsScalar()) {
      out->push_back({setting.name, value.Scalar(), place});
      return;
    }
    if (setting.is_list && value.IsSequence()) {
      std::string joined;
      for (const YAML::Node& element : value) {
        if (!element.IsScalar()) {
          violations_.Add(Place(element) + ": " + setting.name,
                          "must be a list of plain values");
          return;
        }
        if (!joined.empty()) joined += ',';
        joined += element.Scalar();
      }
      out->push_back({setting.name, joined, place});
      return;
    }
    violations_.Add(place + ": " + setting.name,
                    value.IsNull() ? "has no value" : "must be one plain value");
  }

  const std::string& file_;
  const std::vector<FileSection>& sections_;
  const std::string_view wanted_;
  Violations& violations_;
  std::vector<Given> top_;
};

}  // namespace

std::vector<Given> ParseYaml(const std::string& text, const std::string& file,
                             const std::vector<FileSection>& sections,
                             std::string_view wanted, Violations* violations) {
  // yaml-cpp throws; its exceptions end here.
  try {
    return YamlReader(file, sections, wanted, violations).Read(text);
  } catch (const YAML::Exception& error) {
    violations->Add(fmt::format("{}:{}", file, error.mark.line + 1),
                    "is not YAML: " + error.msg);
    return {};
  }
}

}  // namespace windrow::config
