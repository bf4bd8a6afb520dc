# For tools that know node-gyp only. The build is CMake's; this target does nothing but start it.
{
  "targets": [
    {
      "target_name": "lean_optim",
      "type": "none",
      "actions": [
        {
          "action_name": "cmake",
          "inputs": ["CMakeLists.txt", "scripts/build-native.cjs"],
          "outputs": ["<(PRODUCT_DIR)/lean_optim.node"],
          "action": ["node", "scripts/build-native.cjs", "--to", "<(PRODUCT_DIR)"]
        }
      ]
    }
  ]
}
