/* Made by tests/reference/torch_values.py with PyTorch 1.13.0a0.
 *
 * SPDX-License-Identifier: MIT */
static const double torch_exp_y[] = {
    0x1.9d7a3a497969dp+0, 0x1.1f4cc72f39eaap+1, 0x1.016199e3bd9f8p-1,
    0x1.105781d94792ap-1, 0x1.2b9b0773e9521p+1, 0x1.82903bf7eede5p+0,
    0x1.896765368ad03p-2, 0x1.b1dbffadff245p-1, 0x1.5bb32a65792e0p+1,
    0x1.d30a9536f5549p-1, 0x1.8200d5454580ap-2, 0x1.68dc5f6582bdbp+0};
static const double torch_exp_da[] = {
    0x1.e8c3864edd140p-2, 0x1.053db6f2a753ap+1, -0x1.10bd624c6f7cbp-2,
    -0x1.a4e984bf24d7bp-2, 0x1.b4ce6f6d49602p+0, 0x1.c43715b8ee5e5p-1,
    -0x1.5a13633206e40p-2, -0x1.36d79e730399ep-2, 0x1.51f7854b64cb5p+1,
    0x1.929a709ab51a3p-4, -0x1.81ea8b075f490p-2, 0x1.b0adb3285a0f1p-3};
static const double torch_expm1_y[] = {
    0x1.3af47492f2d3ap-1, 0x1.3e998e5e73d53p+0, -0x1.fd3ccc3884c0fp-2,
    -0x1.df50fc4d70dacp-2, 0x1.57360ee7d2a42p+0, 0x1.052077efddbcap-1,
    -0x1.3b4c4d64ba97ep-1, -0x1.38900148036ebp-3, 0x1.b76654caf25bfp+0,
    -0x1.67ab5648555bbp-4, -0x1.3eff955d5d3fbp-1, 0x1.a3717d960af6dp-2};
static const double torch_expm1_da[] = {
    0x1.e8c3864edd140p-2, 0x1.053db6f2a753ap+1, -0x1.10bd624c6f7cbp-2,
    -0x1.a4e984bf24d7bp-2, 0x1.b4ce6f6d49602p+0, 0x1.c43715b8ee5e5p-1,
    -0x1.5a13633206e40p-2, -0x1.36d79e730399ep-2, 0x1.51f7854b64cb5p+1,
    0x1.929a709ab51a3p-4, -0x1.81ea8b075f490p-2, 0x1.b0adb3285a0f1p-3};
static const double torch_sin_y[] = {
    0x1.d8570bd6082ccp-2, 0x1.724dc67d37b9cp-1, -0x1.45062d68a3f49p-1,
    -0x1.2e2a781521adbp-1, 0x1.80cd95fc1fa88p-1, 0x1.9a2a2155399acp-2,
    -0x1.a26f84108a992p-1, -0x1.519bf85ca1138p-3, 0x1.aea459bec5251p-1,
    -0x1.77ebb3b7becfbp-4, -0x1.a7f690c2831e9p-1, 0x1.58b066cfaf7e6p-2};
static const double torch_sin_da[] = {
    0x1.0c7f03d33685ap-2, 0x1.41827deac16c6p-1, -0x1.a3362ec67066ap-2,
    -0x1.3f67ab0c12585p-1, 0x1.ec68b0eab8c7fp-2, 0x1.126754b16f37ap-1,
    -0x1.038e51870975cp-1, -0x1.69cee686c81b9p-2, 0x1.0d2e235d71fbcp-1,
    0x1.b77f0854e8295p-4, -0x1.1efcea0bdbcc6p-1, 0x1.210946e0fa0a0p-3};
static const double torch_cos_y[] = {
    0x1.c646f309c25d7p-1, 0x1.61949414d8171p-1, 0x1.8b9ae12aed8bbp-1,
    0x1.9d53e2e98f674p-1, 0x1.51be4ecd7c9d0p-1, 0x1.d521e84750f69p-1,
    0x1.270d4b4374422p-1, 0x1.f8fecbbd0ea22p-1, 0x1.14eea81f11768p-1,
    0x1.fdd6d0c735390p-1, 0x1.1f0d7d836ce05p-1, 0x1.e21f299fdc1eep-1};
static const double torch_cos_da[] = {
    -0x1.172c0b06505d5p-3, -0x1.50b75f8991ba5p-1, -0x1.586b47a3d0470p-2,
    -0x1.d30192c42c48ep-2, -0x1.18827031de730p-1, -0x1.dfd31a3d32757p-3,
    -0x1.7018957c46f10p-1, -0x1.e3c41e6e164e5p-5, -0x1.a29655f2e8092p-1,
    0x1.440dfcabc8390p-7, -0x1.a7de155c7da0ap-1, -0x1.9d49cd2725dd0p-5};
static const double torch_tanh_y[] = {
    0x1.c87b73442220ep-2, 0x1.5667b4d79ee41p-1, -0x1.316e5978faed6p-1,
    -0x1.1e2b41e3f600fp-1, 0x1.61f1bf02edbdep-1, 0x1.8fa2ef11a8748p-2,
    -0x1.7c4ca17f2c3c4p-1, -0x1.50172e9c75a3ap-3, 0x1.85c9a21a8713bp-1,
    -0x1.7764e2c1930cfp-4, -0x1.8098daf50004bp-1, 0x1.525d2feb2d693p-2};
static const double torch_tanh_da[] = {
    0x1.e4f40906bca9fp-3, 0x1.0157d8c31638cp-1, -0x1.5d79f18fd4423p-2,
    -0x1.100de8a5e2cf1p-1, 0x1.85bc1c3190cc4p-2, 0x1.fbba5a8b09800p-2,
    -0x1.93d2b09af876cp-2, -0x1.64f2a0e5d45a9p-2, 0x1.a2748fbf4749fp-2,
    0x1.b5a6d93c6cae4p-4, -0x1.be1b4fa0eaa04p-2, 0x1.116f161641277p-3};
static const double torch_sigmoid_y[] = {
    0x1.3c37ab113d9c6p-1, 0x1.62322b1c91e30p-1, 0x1.568f14c7af09fp-2,
    0x1.638e870e91facp-2, 0x1.66bcbd9029a02p-1, 0x1.34045b727cac0p-1,
    0x1.1c36b406cb099p-2, 0x1.d5b3b34d4d8cep-2, 0x1.763b828933687p-1,
    0x1.e87d07631490fp-2, 0x1.1854aef0e396fp-2, 0x1.2b8488d84cb39p-1};
static const double torch_sigmoid_da[] = {
    0x1.1dde74d63e86dp-4, 0x1.8d0fb9963071ep-3, -0x1.e3219eb3e119cp-4,
    -0x1.66b74735ccf26p-3, 0x1.391ef8dd13c7dp-3, 0x1.1f1cf689f7fb1p-3,
    -0x1.694144eabc161p-3, -0x1.6c52bd7904d7fp-4, 0x1.8783bf4c6fe5dp-3,
    0x1.b86da1774555fp-6, -0x1.97152d51a76c4p-3, 0x1.2a142218d05abp-5};
static const double torch_softplus_y[] = {
    0x1.ec3223f2a248fp-1, 0x1.2d4df354a45c7p+0, 0x1.a1094a3e4913ap-2,
    0x1.b4c1bceb11c66p-2, 0x1.34c79ee7b1456p+0, 0x1.d72fff64e4c8bp-1,
    0x1.4ce9bf39532d5p-2, 0x1.3a3ff76bc4f62p-1, 0x1.5010d558f85a1p+0,
    0x1.4be75321f4fe8p-1, 0x1.478d707858559p-2, 0x1.c2495df44b9e3p-1};
static const double torch_softplus_da[] = {
    0x1.75cb6a3700fe3p-3, 0x1.4211c9bb050d1p-1, -0x1.6b000bf917774p-3,
    -0x1.12c2fa1431ddbp-2, 0x1.058223fb86795p-1, 0x1.685432e935949p-2,
    -0x1.f40b0ba36f57ep-3, -0x1.5085a10476ca1p-3, 0x1.6bc1baf431e14p-1,
    0x1.a5175d5e723f6p-5, -0x1.18447ed7d0425p-2, 0x1.6720853656c08p-4};
static const double torch_erf_y[] = {
    0x1.0124e86bd4bb7p-1, 0x1.7e86c23f661fcp-1, -0x1.56aacc5553be9p-1,
    -0x1.418a1841d7facp-1, 0x1.8ab4588d32b30p-1, 0x1.c28c30e1fa024p-2,
    -0x1.a5d7457dd37e0p-1, -0x1.7b3a6ca7635e1p-3, 0x1.af50e07e8768cp-1,
    -0x1.a795fb144c5c4p-4, -0x1.aa27bb2c3e9a3p-1, 0x1.7da336402266bp-2};
static const double torch_erf_da[] = {
    0x1.0f580bd67c73ap-2, 0x1.113deb83852ccp-1, -0x1.7d797f48e35a5p-2,
    -0x1.2bb6c1fbe7ed1p-1, 0x1.98a962a943bafp-2, 0x1.1d23d5db5ea9cp-1,
    -0x1.970b94bf84798p-2, -0x1.92b8e9016bd76p-2, 0x1.9dbdffa8785c8p-2,
    0x1.edd4cd7b6711fp-4, -0x1.bdf0676abf2dcp-2, 0x1.33d86114faed9p-3};
static const double torch_gelu_y[] = {
    0x1.4fe2fdcbaba85p-2, 0x1.47449ac20f28fp-1, -0x1.5a386d656ad25p-3,
    -0x1.5538c1887591cp-3, 0x1.5d68d28e8f935p-1, 0x1.16790d7274ae4p-2,
    -0x1.4bd6caccf6088p-3, -0x1.268c2688b57dcp-4, 0x1.ae62af43c1074p-1,
    -0x1.5ce23e462ea37p-5, -0x1.48ef20a2a91f2p-3, 0x1.bdfedba95a2f4p-3};
static const double torch_gelu_da[] = {
    0x1.02a31b2307a3dp-2, 0x1.dc5e8867f4dfdp-1, -0x1.fb2934c174e02p-7,
    -0x1.6c92618534654p-5, 0x1.83b4b86792b3dp-1, 0x1.e5b14b9a0e35fp-2,
    0x1.03ea063cc1e34p-4, -0x1.0ec485c2a38aap-3, 0x1.0d86258b5ecbap+0,
    0x1.78cf6b6ebf716p-5, 0x1.3c24c2ae05efcp-4, 0x1.d4ad04b4c15f4p-4};
static const double torch_silu_y[] = {
    0x1.2f3498231ee7ep-2, 0x1.1e5dbd33fcf28p-1, -0x1.d7336b169e8abp-3,
    -0x1.c0e6f84b02681p-3, 0x1.311553c4f71b1p-1, 0x1.fbc20e598bff0p-3,
    -0x1.0fe385f382f70p-2, -0x1.37236f784aac3p-4, 0x1.75f958d0045cep-1,
    -0x1.6729d706db998p-5, -0x1.117f7dc9fc3dcp-2, 0x1.9b50cbc702985p-3};
static const double torch_silu_da[] = {
    0x1.ba522f26f7ceap-3, 0x1.92533e3728ba1p-1, -0x1.89b80f92fee1dp-4,
    -0x1.4313ee78468bcp-3, 0x1.4814ac0184291p-1, 0x1.a37dc06bf82bep-2,
    -0x1.34e87331ec916p-4, -0x1.325af2bbb2d6cp-3, 0x1.cd915cccdfcc5p-1,
    0x1.90da220cf4cf7p-5, -0x1.46bfcf88d8612p-4, 0x1.9a4b618a629fep-4};
static const double torch_relu_y[] = {
    0x1.eaee8744b05f0p-2, 0x1.9df33d9aad708p-1, 0x0.0p+0, 0x0.0p+0,
    0x1.b36c6dc1d7445p-1, 0x1.a6026360c2f91p-2, 0x0.0p+0, 0x0.0p+0,
    0x1.ffa57aee84200p-1, 0x0.0p+0, 0x0.0p+0, 0x1.5f8df2de0a425p-2};
static const double torch_relu_da[] = {
    0x1.2e9cd95baba33p-2, 0x1.d18f6ead1b446p-1, 0x0.0p+0, 0x0.0p+0,
    0x1.753b6e1646386p-1, 0x1.2b7a442cad2ddp-1, 0x0.0p+0, 0x0.0p+0,
    0x1.f1aaf79bea8b9p-1, 0x0.0p+0, 0x0.0p+0, 0x1.32f2d28f584cfp-3};
static const double torch_abs_y[] = {
    0x1.eaee8744b05f0p-2, 0x1.9df33d9aad708p-1, 0x1.6022e2d1fb3cbp-1,
    0x1.433561796f5bbp-1, 0x1.b36c6dc1d7445p-1, 0x1.a6026360c2f91p-2,
    0x1.e9cc109a2d825p-1, 0x1.5328482d0d624p-3, 0x1.ffa57aee84200p-1,
    0x1.78735140199f1p-4, 0x1.f385407539c80p-1, 0x1.5f8df2de0a425p-2};
static const double torch_abs_da[] = {
    0x1.2e9cd95baba33p-2, 0x1.d18f6ead1b446p-1, 0x1.0f46aec2e1b3dp-1,
    0x1.8ba7c97320575p-1, 0x1.753b6e1646386p-1, 0x1.2b7a442cad2ddp-1,
    0x1.c2677b8f04315p-1, 0x1.6ed3a82eb4f7ap-2, 0x1.f1aaf79bea8b9p-1,
    -0x1.b95be4ca69224p-4, 0x1.ffe26f29abd25p-1, 0x1.32f2d28f584cfp-3};
static const double torch_square_y[] = {
    0x1.d6bafe095f2e9p-3, 0x1.4ead5df18b0abp-1, 0x1.e45ff4827ba51p-2,
    0x1.980fbf19f066cp-2, 0x1.724cd576c6173p-1, 0x1.5bd5efd45b721p-3,
    0x1.d48e9d0bbc540p-1, 0x1.c153b57df3dfcp-6, 0x1.ff4b05ddf2fb2p-1,
    0x1.14c9794f3251fp-7, 0x1.e7585f5284a54p-1, 0x1.e2c68eb24f21bp-4};
static const double torch_square_da[] = {
    0x1.222916e0b9429p-2, 0x1.7867605de6304p+0, 0x1.7526280a15709p-1,
    0x1.f387338f38622p-1, 0x1.3d6908939a1ebp+0, 0x1.edae5797a81fcp-2,
    0x1.aedf59582f822p+0, 0x1.e5fc0034369f7p-4, 0x1.f152fb367c3bdp+0,
    -0x1.4482e432d3f08p-6, 0x1.f368681a7e30ep+0, 0x1.a58521a448f03p-4};
static const double torch_reciprocal_y[] = {
    0x1.0afc773ab69dcp+1, 0x1.3ca31c7f8bc6ap+0, -0x1.7438337315e76p+0,
    -0x1.9588ab6da84b6p+0, 0x1.2d05979680a92p+0, 0x1.36971d451e490p+1,
    -0x1.0b9acbcd171bap+0, -0x1.8276b41a06332p+2, 0x1.002d4a8a9db6bp+0,
    -0x1.5c2db9d70f30fp+3, -0x1.066547fbf60aap+0, 0x1.74d5e4a301f07p+1};
static const double torch_reciprocal_da[] = {
    -0x1.4924a54b9edcfp+0, -0x1.641d5471bacadp+0, 0x1.1ebf690d52522p+0,
    0x1.f06f15367b604p+0, -0x1.0206e915df720p+0, -0x1.b8d1a0cc7ee9dp+1,
    0x1.ec2a01095f8d7p-1, 0x1.a1fe14e565ca0p+3, -0x1.f25b1f1c7d79dp-1,
    -0x1.98366112bdb25p+3, 0x1.0ce3ef8a499fbp+0, -0x1.4587853b58235p+0};
static const double torch_leaky_relu_y[] = {
    0x1.eaee8744b05f0p-2, 0x1.9df33d9aad708p-1, -0x1.19b5824195ca3p-4,
    -0x1.02911ac78c496p-4, 0x1.b36c6dc1d7445p-1, 0x1.a6026360c2f91p-2,
    -0x1.87d673ae8acebp-4, -0x1.0f536cf0d781dp-6, 0x1.ffa57aee84200p-1,
    -0x1.2d290dcce14c1p-7, -0x1.8f9dcd2a94a00p-4, 0x1.5f8df2de0a425p-2};
static const double torch_leaky_relu_da[] = {
    0x1.2e9cd95baba33p-2, 0x1.d18f6ead1b446p-1, -0x1.b20ab137cf862p-5,
    -0x1.3c863ac28045ep-4, 0x1.753b6e1646386p-1, 0x1.2b7a442cad2ddp-1,
    -0x1.6852c93f368dep-4, -0x1.257620255d92fp-5, 0x1.f1aaf79bea8b9p-1,
    0x1.611650a1edb50p-7, -0x1.9981f287bca84p-4, 0x1.32f2d28f584cfp-3};
static const double torch_elu_y[] = {
    0x1.eaee8744b05f0p-2, 0x1.9df33d9aad708p-1, -0x1.64775bc129ba4p-2,
    -0x1.4f857d6968992p-2, 0x1.b36c6dc1d7445p-1, 0x1.a6026360c2f91p-2,
    -0x1.b96ad2c0386e3p-2, -0x1.b59668319e67dp-4, 0x1.ffa57aee84200p-1,
    -0x1.f78978cbaab34p-5, -0x1.be99044f828c5p-2, 0x1.5f8df2de0a425p-2};
static const double torch_elu_da[] = {
    0x1.2e9cd95baba33p-2, 0x1.d18f6ead1b446p-1, -0x1.7dd5f0049c14fp-3,
    -0x1.26a37685ccfd6p-2, 0x1.753b6e1646386p-1, 0x1.2b7a442cad2ddp-1,
    -0x1.e4818adfa33f3p-3, -0x1.b32dddd4383dbp-3, 0x1.f1aaf79bea8b9p-1,
    0x1.19d28205e52bfp-4, -0x1.0e242e1ec2b31p-2, 0x1.32f2d28f584cfp-3};
static const double torch_clamp_y[] = {
    0x1.0000000000000p-2, 0x1.0000000000000p-2, -0x1.0000000000000p-1,
    -0x1.0000000000000p-1, 0x1.0000000000000p-2, 0x1.0000000000000p-2,
    -0x1.0000000000000p-1, -0x1.5328482d0d624p-3, 0x1.0000000000000p-2,
    -0x1.78735140199f1p-4, -0x1.0000000000000p-1, 0x1.0000000000000p-2};
static const double torch_clamp_da[] = {
    0x0.0p+0, 0x0.0p+0, 0x0.0p+0, 0x0.0p+0, 0x0.0p+0, 0x0.0p+0, 0x0.0p+0,
    -0x1.6ed3a82eb4f7ap-2, 0x0.0p+0, 0x1.b95be4ca69224p-4, 0x0.0p+0,
    0x0.0p+0};
static const double torch_log_y[] = {
    0x1.d0e8e6b9b6552p-1, 0x1.085bb38fd7161p+0, 0x1.1640a07afd2ccp-2,
    0x1.416b44b618039p-2, 0x1.0c27231074645p+0, 0x1.c2d19a9992d34p-1,
    0x1.5bc24e9befbd5p-5, 0x1.36a35f20f5402p-1, 0x1.192f910b6970ep+0,
    0x1.4ace31e6eb5fcp-1, 0x1.8a8deca46af72p-6, 0x1.b400885610427p-1};
static const double torch_log_da[] = {
    0x1.e832b4d1160dfp-4, 0x1.4b897aff92695p-2, -0x1.9d74fb03880e3p-2,
    -0x1.21111bf087d03p-1, 0x1.05e08eb5c6f63p-2, 0x1.f09f2880068f1p-3,
    -0x1.afaf2aebfbcdep-1, -0x1.8ff161547a8a9p-3, 0x1.4bdade5032ff8p-2,
    0x1.ce9e2a5b1f10bp-5, -0x1.f3b467cce4d48p-1, 0x1.05fa60ca7d0a1p-4};
static const double torch_log1p_y[] = {
    0x1.b812db284ad8bp-3, 0x1.5ba66e60151a5p-2, -0x1.af87bf644a111p-2,
    -0x1.845d1b292f3a4p-2, 0x1.6ad42c628a535p-2, 0x1.7fb5aaa7bcd13p-3,
    -0x1.4d280b05e4a33p-1, -0x1.6206867572f6cp-4, 0x1.9ef5e44e5e85ap-2,
    -0x1.815fe08b83f30p-5, -0x1.568fc08a80474p-1, 0x1.44716199b28dbp-3};
static const double torch_log1p_da[] = {
    0x1.e832b4d1160dfp-4, 0x1.4b897aff92695p-2, -0x1.9d74fb03880e3p-2,
    -0x1.21111bf087d03p-1, 0x1.05e08eb5c6f63p-2, 0x1.f09f2880068f1p-3,
    -0x1.afaf2aebfbcdep-1, -0x1.8ff161547a8a9p-3, 0x1.4bdade5032ff8p-2,
    0x1.ce9e2a5b1f10bp-5, -0x1.f3b467cce4d48p-1, 0x1.05fa60ca7d0a1p-4};
static const double torch_sqrt_y[] = {
    0x1.931a3df9d0779p+0, 0x1.ad04f5782ad7fp+0, 0x1.25414e9aa5e1cp+0,
    0x1.2b8073ee82b38p+0, 0x1.b035f9ece23d0p+0, 0x1.8d97f018348edp+0,
    0x1.057de75eb9330p+0, 0x1.5ab9df7407fbep+0, 0x1.bb5a9d95b15a4p+0,
    0x1.619f54c2ef637p+0, 0x1.0319e0f10424dp+0, 0x1.87e1c984cc707p+0};
static const double torch_sqrt_da[] = {
    0x1.805ceefdff748p-4, 0x1.15cde795337e9p-2, -0x1.d9a05cf22f60ep-3,
    -0x1.52300717e7ee7p-2, 0x1.ba2227fa08a2ap-3, 0x1.81a6c8b9cc447p-3,
    -0x1.b8f1e571574b1p-2, -0x1.0ed7500a06a6dp-3, 0x1.1f5c9af71b8a0p-2,
    0x1.3f8402e80f64dp-5, -0x1.f9c208b6be451p-2, 0x1.9108791dd341cp-5};
static const double torch_softmax_y[] = {
    0x1.51ed1e644024ep-2, 0x1.d59bacbd8999fp-2, 0x1.a4b45020fb4a0p-4,
    0x1.bd288357ddba9p-4, 0x1.d79c782bce9c3p-2, 0x1.303efe27b341bp-2,
    0x1.35a1400b273e0p-4, 0x1.5578735368a50p-3, 0x1.00d58f308eabdp-1,
    0x1.58fcdd8dfd094p-3, 0x1.1d20ad3978513p-4, 0x1.0a8e4789860f5p-2};
static const double torch_softmax_da[] = {
    -0x1.b3cf1e545ce32p-6, 0x1.f4c3ec2e47321p-3, -0x1.7d242b05de181p-4,
    -0x1.ff6fe5c19912fp-4, 0x1.460ccf07ae5c1p-3, 0x1.eabfa44cc79f1p-5,
    -0x1.870f10dfc7e7cp-4, -0x1.fa6a5f55f8a02p-4, 0x1.fe6eb0aef3edfp-3,
    -0x1.faffcdc5e1eb7p-5, -0x1.a48b39a793d1dp-4, -0x1.5ad240d363144p-4};
static const double torch_softmax0_y[] = {
    0x1.efc28d224d8dap-3, 0x1.ec81cca3b0f6fp-2, 0x1.974d194556ab0p-2,
    0x1.869b4890c3b84p-3, 0x1.673a3a97eb6adp-2, 0x1.4b55d55a4b6bap-2,
    0x1.3746fa6ebea20p-2, 0x1.3721b3d7693d2p-2, 0x1.a0e47ed6edce7p-2,
    0x1.9050bc04073aap-3, 0x1.316bec4beab2ep-2, 0x1.02c853f01a736p-1};
static const double torch_softmax0_da[] = {
    -0x1.a7d8513200e21p-4, 0x1.01b6b4b4068acp-3, 0x1.91a01b66d362ep-4,
    -0x1.ceb3dc2cd31eep-4, 0x1.12ea44f40d372p-9, -0x1.4ca348a1759edp-6,
    -0x1.0158f81a7e821p-5, -0x1.ba6f2bb6d7212p-5, 0x1.9f40ff0a6077ep-4,
    -0x1.b044973fafad2p-4, -0x1.10f39f5994223p-4, 0x1.55f5b9041f57bp-3};
static const double torch_log_softmax_y[] = {
    -0x1.1bd01a4576e8cp+0, -0x1.8f243a9298909p-1, -0x1.234e96bfd04f7p+1,
    -0x1.1c133669ad573p+1, -0x1.8cf655308bc9ap-1, -0x1.36b0c8a100c8bp+0,
    -0x1.4a8bb4e324241p+1, -0x1.ca966a7ed3334p+0, -0x1.6139c353469c0p-1,
    -0x1.c7f6d434e6f7fp+0, -0x1.55191fadc1210p+1, -0x1.588c226962cd7p+0};
static const double torch_log_softmax_da[] = {
    0x1.4fa7f8433e691p-2, 0x1.e88526fa3d957p-1, -0x1.0a224677cc526p-1,
    -0x1.8636dca41077ap-1, 0x1.6351f05f4d773p-1, 0x1.1fec126b10145p-1,
    -0x1.c5581e3541180p-1, -0x1.7bcbc92a38e74p-2, 0x1.b6a183d4f4e38p-1,
    0x1.1ac22b751debbp-4, -0x1.0409ddb868620p+0, 0x1.70cf9169c117ap-4};
static const double torch_sum_y[] = {
    0x1.2a224b14ace4fp+1, 0x1.20f3029185dc9p+0, -0x1.4f5d0cf858a1cp+1,
    -0x1.d070f42b5b263p-2};
static const double torch_sum_da[] = {
    0x1.2e9cd95baba33p-2, 0x1.d18f6ead1b446p-1, -0x1.0f46aec2e1b3dp-1,
    -0x1.8ba7c97320575p-1, 0x1.2e9cd95baba33p-2, 0x1.d18f6ead1b446p-1,
    -0x1.0f46aec2e1b3dp-1, -0x1.8ba7c97320575p-1, 0x1.2e9cd95baba33p-2,
    0x1.d18f6ead1b446p-1, -0x1.0f46aec2e1b3dp-1, -0x1.8ba7c97320575p-1};
static const double torch_mean_y[] = {
    -0x1.fdb861cc9f0c0p-8, 0x1.1f5df3331f980p-5, 0x1.19b19380988a9p-4};
static const double torch_mean_da[] = {
    0x1.2e9cd95baba33p-4, 0x1.2e9cd95baba33p-4, 0x1.2e9cd95baba33p-4,
    0x1.2e9cd95baba33p-4, 0x1.d18f6ead1b446p-3, 0x1.d18f6ead1b446p-3,
    0x1.d18f6ead1b446p-3, 0x1.d18f6ead1b446p-3, -0x1.0f46aec2e1b3dp-3,
    -0x1.0f46aec2e1b3dp-3, -0x1.0f46aec2e1b3dp-3, -0x1.0f46aec2e1b3dp-3};
static const double torch_prod_y[] = {
    0x1.58a753f328c56p-3, 0x1.c6da7f736ff75p-5, 0x1.f803f44be8bd9p-6};
static const double torch_prod_da[] = {
    0x1.a8e46de9fd6cep-4, 0x1.f7e8a638ed64dp-5, -0x1.282eb0bb5e07fp-4,
    -0x1.42b0f5cbe3f84p-4, 0x1.e655c4dbd0a91p-5, 0x1.f5cb40317a9d7p-4,
    -0x1.b05885d256314p-5, -0x1.3830226811dacp-2, -0x1.0b3aeb3109989p-6,
    0x1.6b33913df988cp-3, 0x1.11b7991e22d79p-6, -0x1.84ec15b4edce3p-5};
static const double torch_var_y[] = {
    0x1.2b7c15596e684p-1, 0x1.38722185537aep-1, 0x1.5f3536215b257p-1};
static const double torch_var_da[] = {
    0x1.89283357a9276p-4, 0x1.495a6bfef71fdp-3, -0x1.125d3acb0cfebp-3,
    -0x1.f72295bf7d69bp-4, 0x1.fa217f194f2bep-2, 0x1.d417a227d283cp-3,
    -0x1.33cd4079e3c78p-1, -0x1.f24b3ce5c37b0p-4, -0x1.509390f15545dp-2,
    0x1.d0f1d905c0a7ep-5, 0x1.79c2b7486b184p-2, -0x1.8d3585df379d6p-4};
static const double torch_amax_y[] = {
    0x1.9df33d9aad708p-1, 0x1.b36c6dc1d7445p-1, 0x1.ffa57aee84200p-1};
static const double torch_amax_da[] = {
    0x0.0p+0, 0x1.2e9cd95baba33p-2, 0x0.0p+0, 0x0.0p+0,
    0x1.d18f6ead1b446p-1, 0x0.0p+0, 0x0.0p+0, 0x0.0p+0,
    -0x1.0f46aec2e1b3dp-1, -0x0.0p+0, -0x0.0p+0, -0x0.0p+0};
static const double torch_amin_y[] = {
    0x1.eaee8744b05f0p-2, -0x1.78735140199f1p-4, -0x1.f385407539c80p-1,
    -0x1.433561796f5bbp-1};
static const double torch_amin_da[] = {
    0x1.2e9cd95baba33p-2, 0x0.0p+0, -0x0.0p+0, -0x1.8ba7c97320575p-1,
    0x0.0p+0, 0x0.0p+0, -0x0.0p+0, -0x0.0p+0, 0x0.0p+0,
    0x1.d18f6ead1b446p-1, -0x1.0f46aec2e1b3dp-1, -0x0.0p+0};
static const double torch_logsumexp_y[] = {
    0x1.5dee18bbf7b1cp+1};
static const double torch_logsumexp_da[] = {
    0x1.fc148a0cc4d2ap-6, 0x1.610895d3922d1p-5, 0x1.3c45012d83f11p-7,
    0x1.4ea72f6af338ep-7, 0x1.70279b70702f1p-5, 0x1.db022132dfc63p-6,
    0x1.e369f3eb3d343p-8, 0x1.0a90100f75f3bp-6, 0x1.ab40bc2004567p-5,
    0x1.1ef32059e0ff2p-6, 0x1.da51eb2b6cfb7p-8, 0x1.bb6ccf37cb207p-6};
static const double torch_transpose_y[] = {
    0x1.eaee8744b05f0p-2, 0x1.b36c6dc1d7445p-1, 0x1.ffa57aee84200p-1,
    0x1.9df33d9aad708p-1, 0x1.a6026360c2f91p-2, -0x1.78735140199f1p-4,
    -0x1.6022e2d1fb3cbp-1, -0x1.e9cc109a2d825p-1, -0x1.f385407539c80p-1,
    -0x1.433561796f5bbp-1, -0x1.5328482d0d624p-3, 0x1.5f8df2de0a425p-2};
static const double torch_transpose_da[] = {
    0x1.2e9cd95baba33p-2, -0x1.8ba7c97320575p-1, -0x1.c2677b8f04315p-1,
    0x1.b95be4ca69224p-4, 0x1.d18f6ead1b446p-1, 0x1.753b6e1646386p-1,
    -0x1.6ed3a82eb4f7ap-2, -0x1.ffe26f29abd25p-1, -0x1.0f46aec2e1b3dp-1,
    0x1.2b7a442cad2ddp-1, 0x1.f1aaf79bea8b9p-1, 0x1.32f2d28f584cfp-3};
static const double torch_flip_y[] = {
    -0x1.433561796f5bbp-1, -0x1.6022e2d1fb3cbp-1, 0x1.9df33d9aad708p-1,
    0x1.eaee8744b05f0p-2, -0x1.5328482d0d624p-3, -0x1.e9cc109a2d825p-1,
    0x1.a6026360c2f91p-2, 0x1.b36c6dc1d7445p-1, 0x1.5f8df2de0a425p-2,
    -0x1.f385407539c80p-1, -0x1.78735140199f1p-4, 0x1.ffa57aee84200p-1};
static const double torch_flip_da[] = {
    -0x1.8ba7c97320575p-1, -0x1.0f46aec2e1b3dp-1, 0x1.d18f6ead1b446p-1,
    0x1.2e9cd95baba33p-2, -0x1.6ed3a82eb4f7ap-2, -0x1.c2677b8f04315p-1,
    0x1.2b7a442cad2ddp-1, 0x1.753b6e1646386p-1, 0x1.32f2d28f584cfp-3,
    -0x1.ffe26f29abd25p-1, 0x1.b95be4ca69224p-4, 0x1.f1aaf79bea8b9p-1};
static const double torch_slice_y[] = {
    0x1.9df33d9aad708p-1, -0x1.6022e2d1fb3cbp-1, -0x1.433561796f5bbp-1,
    -0x1.78735140199f1p-4, -0x1.f385407539c80p-1, 0x1.5f8df2de0a425p-2};
static const double torch_slice_da[] = {
    0x0.0p+0, 0x1.2e9cd95baba33p-2, 0x1.d18f6ead1b446p-1,
    -0x1.0f46aec2e1b3dp-1, 0x0.0p+0, 0x0.0p+0, 0x0.0p+0, 0x0.0p+0, 0x0.0p+0,
    -0x1.8ba7c97320575p-1, 0x1.753b6e1646386p-1, 0x1.2b7a442cad2ddp-1};
static const double torch_pad_y[] = {
    0x1.8000000000000p+1, 0x1.eaee8744b05f0p-2, 0x1.9df33d9aad708p-1,
    -0x1.6022e2d1fb3cbp-1, -0x1.433561796f5bbp-1, 0x1.8000000000000p+1,
    0x1.8000000000000p+1, 0x1.8000000000000p+1, 0x1.b36c6dc1d7445p-1,
    0x1.a6026360c2f91p-2, -0x1.e9cc109a2d825p-1, -0x1.5328482d0d624p-3,
    0x1.8000000000000p+1, 0x1.8000000000000p+1, 0x1.8000000000000p+1,
    0x1.ffa57aee84200p-1, -0x1.78735140199f1p-4, -0x1.f385407539c80p-1,
    0x1.5f8df2de0a425p-2, 0x1.8000000000000p+1, 0x1.8000000000000p+1,
    0x1.8000000000000p+1, 0x1.8000000000000p+1, 0x1.8000000000000p+1,
    0x1.8000000000000p+1, 0x1.8000000000000p+1, 0x1.8000000000000p+1,
    0x1.8000000000000p+1};
static const double torch_pad_da[] = {
    0x1.d18f6ead1b446p-1, -0x1.0f46aec2e1b3dp-1, -0x1.8ba7c97320575p-1,
    0x1.753b6e1646386p-1, 0x1.f1aaf79bea8b9p-1, 0x1.b95be4ca69224p-4,
    -0x1.ffe26f29abd25p-1, 0x1.32f2d28f584cfp-3, 0x1.3cd7f1ab4000bp-1,
    0x1.6602ca18067a0p-1, -0x1.991957df4a096p-1, -0x1.f92e61bc763c2p-2};
static const double torch_gather_y[] = {
    0x1.ffa57aee84200p-1, -0x1.78735140199f1p-4, -0x1.f385407539c80p-1,
    0x1.5f8df2de0a425p-2, 0x1.eaee8744b05f0p-2, 0x1.9df33d9aad708p-1,
    -0x1.6022e2d1fb3cbp-1, -0x1.433561796f5bbp-1, 0x1.ffa57aee84200p-1,
    -0x1.78735140199f1p-4, -0x1.f385407539c80p-1, 0x1.5f8df2de0a425p-2,
    0x1.ffa57aee84200p-1, -0x1.78735140199f1p-4, -0x1.f385407539c80p-1,
    0x1.5f8df2de0a425p-2};
static const double torch_gather_da[] = {
    0x1.753b6e1646386p-1, 0x1.2b7a442cad2ddp-1, -0x1.c2677b8f04315p-1,
    -0x1.6ed3a82eb4f7ap-2, 0x0.0p+0, 0x0.0p+0, 0x0.0p+0, 0x0.0p+0,
    0x1.1d456681896bbp+1, 0x1.3d2e8023b7842p-1, -0x1.31b463e9aa872p+1,
    -0x1.0991920521b00p-8};
static const double torch_nll_loss_y[] = {
    0x1.1641cdd096433p+0};
static const double torch_nll_loss_da[] = {
    0x1.0a4dd8d7db958p-5, -0x1.b4e4040b22bd5p-5, 0x1.4b89a6677c6a7p-7,
    0x1.5ecf0665a034ep-7, 0x1.73a7b10647682p-5, 0x1.df864b6011f67p-6,
    0x1.e802939ba8633p-8, -0x1.50359494e2b7ep-4, -0x1.922b34ca69307p-5,
    0x1.0fde72e99802bp-6, 0x1.c1645322df6eap-8, 0x1.a41ee1e282826p-6};
static const double torch_nll_loss_weight_y[] = {
    0x1.f6bf8ca801bb6p-1};
static const double torch_nll_loss_weight_da[] = {
    0x1.3f909dcfd44d0p-4, -0x1.062268d37b3e6p-3, 0x1.8dd86148fbb2fp-6,
    0x1.a4f86e138d0c4p-6, 0x1.bdfc6e0788e35p-6, 0x1.1fb6fa06712d7p-6,
    0x1.24ce5890983b8p-8, -0x1.93737f19100fep-5, 0x0.0p+0, 0x0.0p+0,
    0x0.0p+0, 0x0.0p+0};
static const double torch_cross_entropy_y[] = {
    0x1.a162b4b8e164cp+1};
static const double torch_cross_entropy_da[] = {
    0x1.8f74c543c9604p-4, -0x1.47ab03085a0dfp-3, 0x1.f14e799b3a9fap-6,
    0x1.071b44cc3827ap-5, 0x1.16bdc4c4b58e1p-3, 0x1.67a4b8880d78dp-4,
    0x1.6e01eeb4be4a6p-6, -0x1.f8505edf5413dp-3, -0x1.2da06797cee45p-3,
    0x1.97cdac5e64041p-5, 0x1.510b3e5a2792fp-6, 0x1.3b172969e1e1dp-4};
static const double torch_add_y[] = {
    0x1.6cfc5ac9fdda8p+0, 0x1.76c266f64dc26p-2, -0x1.8520ec0ede303p+0,
    0x1.a56555ac289a0p-6, 0x1.836e90da60b24p+0, -0x1.a9af5a8d2ebadp-2,
    -0x1.680220effe8bap+0, 0x1.8e62022003f41p-1, 0x1.34adcb01de4d1p+0,
    -0x1.16bc0cd108ffap+0, -0x1.d9b43fcf032a4p-1, 0x1.53c4cbdb36624p+0};
static const double torch_add_da[] = {
    0x1.2e9cd95baba33p-2, 0x1.d18f6ead1b446p-1, -0x1.0f46aec2e1b3dp-1,
    -0x1.8ba7c97320575p-1, 0x1.753b6e1646386p-1, 0x1.2b7a442cad2ddp-1,
    -0x1.c2677b8f04315p-1, -0x1.6ed3a82eb4f7ap-2, 0x1.f1aaf79bea8b9p-1,
    0x1.b95be4ca69224p-4, -0x1.ffe26f29abd25p-1, 0x1.32f2d28f584cfp-3};
static const double torch_add_db[] = {
    0x1.2e9cd95baba33p-2, 0x1.d18f6ead1b446p-1, -0x1.0f46aec2e1b3dp-1,
    -0x1.8ba7c97320575p-1, 0x1.753b6e1646386p-1, 0x1.2b7a442cad2ddp-1,
    -0x1.c2677b8f04315p-1, -0x1.6ed3a82eb4f7ap-2, 0x1.f1aaf79bea8b9p-1,
    0x1.b95be4ca69224p-4, -0x1.ffe26f29abd25p-1, 0x1.32f2d28f584cfp-3};
static const double torch_sub_y[] = {
    -0x1.de145c9e96abep-2, 0x1.4042a3dd19ffep+0, 0x1.27f049e7179c0p-3,
    -0x1.49caf6d01ffe2p+0, 0x1.7feee73bb4908p-3, 0x1.3d6d0853ad2b4p+0,
    -0x1.0393df545ded6p-1, -0x1.1bfb131b4552ap+0, 0x1.95ef5fd94ba5dp-1,
    0x1.cf5b45520b978p-1, -0x1.06ab208db832ep+0, -0x1.47fba4d862822p-1};
static const double torch_sub_da[] = {
    0x1.2e9cd95baba33p-2, 0x1.d18f6ead1b446p-1, -0x1.0f46aec2e1b3dp-1,
    -0x1.8ba7c97320575p-1, 0x1.753b6e1646386p-1, 0x1.2b7a442cad2ddp-1,
    -0x1.c2677b8f04315p-1, -0x1.6ed3a82eb4f7ap-2, 0x1.f1aaf79bea8b9p-1,
    0x1.b95be4ca69224p-4, -0x1.ffe26f29abd25p-1, 0x1.32f2d28f584cfp-3};
static const double torch_sub_db[] = {
    -0x1.2e9cd95baba33p-2, -0x1.d18f6ead1b446p-1, 0x1.0f46aec2e1b3dp-1,
    0x1.8ba7c97320575p-1, -0x1.753b6e1646386p-1, -0x1.2b7a442cad2ddp-1,
    0x1.c2677b8f04315p-1, 0x1.6ed3a82eb4f7ap-2, -0x1.f1aaf79bea8b9p-1,
    -0x1.b95be4ca69224p-4, 0x1.ffe26f29abd25p-1, -0x1.32f2d28f584cfp-3};
static const double torch_mul_y[] = {
    0x1.d0919a395a747p-2, -0x1.6e5ce17a29c5dp-2, 0x1.25125178cbd2ap-1,
    -0x1.a8aff4e622530p-2, 0x1.20ac236cd829ep-1, -0x1.5d59b9e2f7408p-2,
    0x1.b878d9d3c6f40p-2, -0x1.400fb2e8f1ee0p-3, 0x1.a68daa642e5b5p-3,
    0x1.7748929a2bcb2p-4, -0x1.92fea2cb2a932p-5, 0x1.59e5958ffe80fp-2};
static const double torch_mul_da[] = {
    0x1.1e5cc755db4bep-2, -0x1.9c0a35eae032dp-2, 0x1.c38c6d07b20b8p-2,
    -0x1.03f0b7f732910p-1, 0x1.eee203225e3a4p-2, -0x1.efd4baa449927p-2,
    0x1.950bd65626cfap-2, -0x1.5a2c3fcbca28ep-2, 0x1.9b02478289f55p-3,
    -0x1.b7fda3822a953p-4, -0x1.9cf8302166b07p-5, 0x1.2e023ac159584p-3};
static const double torch_mul_db[] = {
    0x1.222916e0b9429p-3, 0x1.7867605de6304p-1, 0x1.7526280a15709p-2,
    0x1.f387338f38622p-2, 0x1.3d6908939a1ebp-1, 0x1.edae5797a81fcp-3,
    0x1.aedf59582f822p-1, 0x1.e5fc0034369f7p-5, 0x1.f152fb367c3bdp-1,
    -0x1.4482e432d3f08p-7, 0x1.f368681a7e30ep-1, 0x1.a58521a448f03p-5};
static const double torch_div_y[] = {
    0x1.f19cb81a7864ap-4, 0x1.43b79f736e73ep-2, -0x1.44e3980b76385p-2,
    -0x1.61864088c99b3p-3, 0x1.db7cab1d6caafp-3, 0x1.848f3b4ac8f8bp-3,
    -0x1.8019fc79db3e0p-2, -0x1.57ffe057b4c52p-5, 0x1.3f224e3f3cda1p-2,
    -0x1.77de2d1ab1dedp-5, -0x1.478250f366812p-2, 0x1.60f980a4c5d56p-4};
static const double torch_div_da[] = {
    0x1.32bb04d421d94p-4, 0x1.6c13d1f5cb798p-2, -0x1.f492380327b06p-3,
    -0x1.b0c44025bedcbp-3, 0x1.9792c63eae854p-3, 0x1.13bd72efaa98bp-2,
    -0x1.61359a738a166p-2, -0x1.7410618c32ed4p-4, 0x1.366a3f08e0f58p-2,
    0x1.b8ad0987f8b3bp-5, -0x1.4f9d8ede91456p-2, 0x1.34303f733f9fep-5};
static const double torch_div_db[] = {
    -0x1.2a1c6d7674d95p-7, -0x1.cc6226d8afd30p-4, -0x1.3da30aec71ddap-4,
    -0x1.2ad0c822f6862p-5, -0x1.7a81e8ae1b9e1p-5, -0x1.a28568e3a9281p-5,
    -0x1.08fa212124a42p-3, -0x1.f3f5d511d0887p-9, -0x1.82f7fd897ca36p-4,
    0x1.4381f65467d40p-9, -0x1.ad5d19a12e2bap-4, -0x1.a8eeb50aab610p-9};
static const double torch_pow_y[] = {
    0x1.2e433a210f76bp+1, 0x1.4432d5f150dc3p-1, 0x1.985e8877458f2p-1,
    0x1.3aa12fafdff04p+0, 0x1.0054e69f1ebf5p+1, 0x1.ee03df0d4da2ep-2,
    0x1.f651d2da13214p-1, 0x1.c5d58e025e52bp+0, 0x1.412a746d9ebf2p+0,
    0x1.0cde625e51966p-1, 0x1.004fa05590b20p+0, 0x1.27dc9c1291c8fp+1};
static const double torch_pow_da[] = {
    0x1.10bbec50dc81ap-2, -0x1.73979689c1023p-4, 0x1.1275504d316d7p-2,
    -0x1.d2d089953bb19p-2, 0x1.5baecfaff91b6p-2, -0x1.8cace88205e0ep-4,
    0x1.7cdf1dbdbe373p-2, -0x1.4e8c0b514278ap-2, 0x1.57d59bf2ad3f1p-4,
    -0x1.e45ddea8b198ep-6, -0x1.93a21250c82e1p-5, 0x1.29e5e6ffbd688p-3};
static const double torch_pow_db[] = {
    0x1.446fdbd6695eep-1, 0x1.306aee6f512b4p-1, -0x1.d65a4bb556acdp-4,
    -0x1.31441631426fep-2, 0x1.8774ee70e130ap+0, 0x1.fcdba93be71d7p-3,
    -0x1.2c23581beccbap-5, -0x1.8a8d0e80eeef2p-2, 0x1.56e3596dee33ap+0,
    0x1.2b7fa91ec0702p-5, -0x1.8af1d5cfd9204p-6, 0x1.2e16725f93d11p-2};
static const double torch_maximum_y[] = {
    0x1.e48171f1a3857p-1, 0x1.9df33d9aad708p-1, -0x1.6022e2d1fb3cbp-1,
    0x1.50608c26d0a08p-1, 0x1.b36c6dc1d7445p-1, 0x1.a6026360c2f91p-2,
    -0x1.cc70628b9f29ep-2, 0x1.e32c142b474cap-1, 0x1.ffa57aee84200p-1,
    -0x1.78735140199f1p-4, 0x1.9d100a6369dbcp-5, 0x1.f7c29e4767a35p-1};
static const double torch_maximum_da[] = {
    0x0.0p+0, 0x1.d18f6ead1b446p-1, -0x1.0f46aec2e1b3dp-1, 0x0.0p+0,
    0x1.753b6e1646386p-1, 0x1.2b7a442cad2ddp-1, 0x0.0p+0, 0x0.0p+0,
    0x1.f1aaf79bea8b9p-1, 0x1.b95be4ca69224p-4, 0x0.0p+0, 0x0.0p+0};
static const double torch_maximum_db[] = {
    0x1.2e9cd95baba33p-2, 0x0.0p+0, 0x0.0p+0, -0x1.8ba7c97320575p-1,
    0x0.0p+0, 0x0.0p+0, -0x1.c2677b8f04315p-1, -0x1.6ed3a82eb4f7ap-2,
    0x0.0p+0, 0x0.0p+0, -0x1.ffe26f29abd25p-1, 0x1.32f2d28f584cfp-3};
static const double torch_minimum_y[] = {
    0x1.eaee8744b05f0p-2, -0x1.c524143f0d1eap-2, -0x1.aa1ef54bc123bp-1,
    -0x1.433561796f5bbp-1, 0x1.5370b3f2ea203p-1, -0x1.a7d8def6f8d9fp-1,
    -0x1.e9cc109a2d825p-1, -0x1.5328482d0d624p-3, 0x1.a6d86c54e1e8bp-3,
    -0x1.fe69af7a0ecb6p-1, -0x1.f385407539c80p-1, 0x1.5f8df2de0a425p-2};
static const double torch_minimum_da[] = {
    0x1.2e9cd95baba33p-2, 0x0.0p+0, 0x0.0p+0, -0x1.8ba7c97320575p-1,
    0x0.0p+0, 0x0.0p+0, -0x1.c2677b8f04315p-1, -0x1.6ed3a82eb4f7ap-2,
    0x0.0p+0, 0x0.0p+0, -0x1.ffe26f29abd25p-1, 0x1.32f2d28f584cfp-3};
static const double torch_minimum_db[] = {
    0x0.0p+0, 0x1.d18f6ead1b446p-1, -0x1.0f46aec2e1b3dp-1, 0x0.0p+0,
    0x1.753b6e1646386p-1, 0x1.2b7a442cad2ddp-1, 0x0.0p+0, 0x0.0p+0,
    0x1.f1aaf79bea8b9p-1, 0x1.b95be4ca69224p-4, 0x0.0p+0, 0x0.0p+0};
static const double torch_mse_loss_y[] = {
    0x1.9289195d6040bp-1};
static const double torch_mse_loss_da[] = {
    -0x1.78c09fb951c6ep-6, 0x1.f8c3c7c7ce495p-5, 0x1.d26e612b12dcfp-8,
    -0x1.03e4ff3cb55c3p-4, 0x1.2e8f603ae327cp-7, 0x1.f44c25092a8ccp-5,
    -0x1.991f4ff3e2d48p-6, -0x1.bf959389c5a72p-5, 0x1.3fe61111581a7p-5,
    0x1.6d26608a365b8p-5, -0x1.9dfe6a458440ep-5, -0x1.0277e030fb6f2p-5};
static const double torch_mse_loss_db[] = {
    0x1.78c09fb951c6ep-6, -0x1.f8c3c7c7ce495p-5, -0x1.d26e612b12dcfp-8,
    0x1.03e4ff3cb55c3p-4, -0x1.2e8f603ae327cp-7, -0x1.f44c25092a8ccp-5,
    0x1.991f4ff3e2d48p-6, 0x1.bf959389c5a72p-5, -0x1.3fe61111581a7p-5,
    -0x1.6d26608a365b8p-5, 0x1.9dfe6a458440ep-5, 0x1.0277e030fb6f2p-5};
static const double torch_huber_loss_y[] = {
    0x1.42549c919e839p-2};
static const double torch_huber_loss_da[] = {
    -0x1.78c09fb951c6ep-7, 0x1.e42e2892ac384p-7, 0x1.d26e612b12dcfp-9,
    -0x1.e42e2892ac384p-7, 0x1.2e8f603ae327cp-8, 0x1.e42e2892ac384p-7,
    -0x1.991f4ff3e2d48p-7, -0x1.e42e2892ac384p-7, 0x1.e42e2892ac384p-7,
    0x1.e42e2892ac384p-7, -0x1.e42e2892ac384p-7, -0x1.e42e2892ac384p-7};
static const double torch_huber_loss_db[] = {
    0x1.78c09fb951c6ep-7, -0x1.e42e2892ac384p-7, -0x1.d26e612b12dcfp-9,
    0x1.e42e2892ac384p-7, -0x1.2e8f603ae327cp-8, -0x1.e42e2892ac384p-7,
    0x1.991f4ff3e2d48p-7, 0x1.e42e2892ac384p-7, -0x1.e42e2892ac384p-7,
    -0x1.e42e2892ac384p-7, 0x1.e42e2892ac384p-7, 0x1.e42e2892ac384p-7};
static const double torch_bce_with_logits_y[] = {
    0x1.63b97613322cdp-1};
static const double torch_bce_with_logits_da[] = {
    -0x1.1ee848a35d413p-7, 0x1.4d5131f112881p-7, 0x1.948e1a80ae3d8p-8,
    -0x1.845e784822b65p-7, -0x1.a649ee7990793p-9, 0x1.9fffb2f805ec5p-7,
    0x1.eae018a5aad8cp-15, -0x1.9e194e8565664p-7, 0x1.9c29d6f449698p-9,
    0x1.7fb453d0269f9p-7, -0x1.95d33905b4b37p-8, -0x1.4866cf296324bp-7};
static const double torch_bce_with_logits_db[] = {
    -0x1.82e173d64c58cp-8, -0x1.46370c3e48b88p-7, 0x1.15809a8bbb661p-7,
    0x1.fd695540da387p-8, -0x1.572320d5970e1p-7, -0x1.4c90eb553b551p-8,
    0x1.81fc8d3393c27p-7, 0x1.0b46366fd0c15p-9, -0x1.933476d9d8d9fp-7,
    0x1.28a9ca7fc9b25p-10, 0x1.89a62a3d98574p-7, -0x1.150b3baa18f55p-8};
static const double torch_bce_y[] = {
    0x1.797b32c6270acp-1};
static const double torch_bce_da[] = {
    -0x1.7780487f7cfe4p-7, 0x1.7420a486f9bb1p-6, 0x1.fd31e8e4f03ecp-8,
    -0x1.605336bf69560p-6, -0x1.307b23ecf14e8p-9, 0x1.40cb8ca045fa2p-6,
    -0x1.5528510d39260p-8, -0x1.1f0a24092c04bp-6, 0x1.bcb3a327a14cbp-7,
    0x1.f93e9ec39b301p-7, -0x1.46bee49cf32a0p-6, -0x1.aca4daaf7c3cfp-7};
static const double torch_bce_db[] = {
    -0x1.0b48b9101c852p-7, -0x1.e6648ab125ce9p-7, 0x1.8fca78fa4fecbp-7,
    0x1.6a19ba305821dp-7, -0x1.0373847140740p-6, -0x1.c71cec2cb9b25p-8,
    0x1.30619b14ff23fp-6, 0x1.65d302afa2655p-9, -0x1.445b5078b536dp-6,
    0x1.8c0c0ec8c27c8p-10, 0x1.391cad9282326p-6, -0x1.780d784331bd1p-8};
static const double torch_matmul_y[] = {
    0x1.03a966caa600ep-2, -0x1.469da9d05570cp-1, -0x1.5cdfdc0495e74p+0,
    0x1.4f4d56c29945dp+0, 0x1.fc6f8d5607104p-2, -0x1.c924946ae926ep-2,
    0x1.030d978259254p+1, 0x1.8053069009b3dp+0, 0x1.2c4f5d879da78p-1};
static const double torch_matmul_da[] = {
    0x1.8bd2db22b8d8dp-1, -0x1.6bd924ef8040ep-2, -0x1.5cf19df2e9716p-1,
    0x1.0fd7d4aed22f3p-1, -0x1.048a2da1a0e78p-3, -0x1.b06f6196ea2d0p-1,
    0x1.61232c7e0ea12p-2, 0x1.82ef6e145d887p-1, -0x1.bd1011c5f9651p-1,
    -0x1.21f48324d6380p-2, 0x1.e26c012a774b5p-1, 0x1.4a9aa354db700p-5};
static const double torch_matmul_db[] = {
    -0x1.65043639d63d8p+0, 0x1.5681ce9468fc0p-10, 0x1.64ee25911f898p+0,
    -0x1.713ef3f0b1797p-2, 0x1.6553368dbb0f2p-1, 0x1.1189cefb5f3c1p+0,
    -0x1.f24cf8ff6a60cp-1, -0x1.a2ab873c622d6p-1, 0x1.36fa225e0c46dp+0,
    -0x1.1b4a06b1f30c9p-2, -0x1.24ba1a33f163ep+0, 0x1.248275ef41da9p-1};
