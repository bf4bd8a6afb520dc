{ "variables": {} }
