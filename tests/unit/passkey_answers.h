/*
 * What browsers send for the passkeys of three devices at https://localhost:8443, made with
 * tests/e2e/authenticator.mjs: challenges of a session whose secret is 32 zero bytes, that expire
 * in 2100. No key of these is used anywhere.
 */
#pragma once

#define ES256_ID "wgMAVJAv4sOMVUOO57n-KXpegc7_elbq07b_mKDXa34"
#define ES256_CREATE_CLIENT_DATA                                                                   \
    "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiLWRuR1ZZTEpFMkRGUkEwRkpNUmJm"             \
    "d0FBQUFEMGhsY0FubTdsZW9lSThPYVdBME1ybFRXaGNkeG5CdVdRZnd2SDFMQzZ0c2dPazIwIiwib3Jp"             \
    "Z2luIjoiaHR0cHM6Ly9sb2NhbGhvc3Q6ODQ0MyIsImNyb3NzT3JpZ2luIjpmYWxzZX0"
#define ES256_CREATE_AUTHENTICATOR_DATA                                                            \
    "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NFAAAAAAAAAAAAAAAAAAAAAAAAAAAAIMIDAFSQ"             \
    "L-LDjFVDjue5_il6XoHO_3pW6tO2_5ig12t-pQECAyYgASFYIJSCpG_eWZzh6HNiDqFhOVhIFmTCiUSi"             \
    "vN-EIlm4YSEcIlgg1KYlq3GkhYtcmmSn2vgefesul6pXl9WTqVfyZFGVodA"
#define ES256_GET_CLIENT_DATA                                                                      \
    "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiZ1phd2Z0Q1VLLTRXdnNTbVc4WEh5d0FB"             \
    "QUFEMGhsY0ExVmdfMFd0SXpBSFJIeU9HZ3RHdGlyREowMGlfTG8xb0hNMzlOdXhkbTVnIiwib3JpZ2lu"             \
    "IjoiaHR0cHM6Ly9sb2NhbGhvc3Q6ODQ0MyIsImNyb3NzT3JpZ2luIjpmYWxzZX0"
#define ES256_GET_AUTHENTICATOR_DATA "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAQ"
#define ES256_GET_SIGNATURE                                                                        \
    "MEQCIEFAc6AhtcYwGVG-SmF4P52EOWu1pUrLsQ6XBkH8xqt3AiBEAEcySpM8dcaU1CfPRiIYs2xkB1l4"             \
    "PUxcSXExVphBBQ"
#define AGAIN_CLIENT_DATA                                                                          \
    "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiTDJnMmdWTnRhZXJCOHVZeGU5SDA4d0FB"             \
    "QUFEMGhsY0FTdnVnX3oxTU9mcTVzUFRXVFpxSFllVERpYmtkckdnVnVoNTN0R0lEVnV3Iiwib3JpZ2lu"             \
    "IjoiaHR0cHM6Ly9sb2NhbGhvc3Q6ODQ0MyIsImNyb3NzT3JpZ2luIjpmYWxzZX0"
#define AGAIN_AUTHENTICATOR_DATA "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAQ"
#define AGAIN_SIGNATURE                                                                            \
    "MEUCIQDQQvKUxF5gYX98L8bg5obu22GmgP04K1owoxewvDUpPgIgK3LkYhzogYY6VyEGGhosYChuzAqo"             \
    "5gIHVfZyoh_2U7k"
#define LATER_CLIENT_DATA                                                                          \
    "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoidkxXLTI3UDE1WVMzdHhhRVloX3UxZ0FB"             \
    "QUFEMGhsY0FackprT0VpY3FZZFRmeGpTM0RzQXhCNXZVMWNEMEtKNmF0OF9vXzEyNURjIiwib3JpZ2lu"             \
    "IjoiaHR0cHM6Ly9sb2NhbGhvc3Q6ODQ0MyIsImNyb3NzT3JpZ2luIjpmYWxzZX0"
#define LATER_AUTHENTICATOR_DATA "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAg"
#define LATER_SIGNATURE                                                                            \
    "MEUCIQCB4CrKdNyHO2TaVKESq90HWvFzaefvLe2cjI41rosFOgIgG3VYlhyQ8GVAY-c6nbXmBMNmNXlX"             \
    "0Zcj4ppHPEf3mps"
#define UNVERIFIED_CLIENT_DATA                                                                     \
    "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiWU45dnpzUWNBRU1NVHVSV3hBTUJJUUFB"             \
    "QUFEMGhsY0EzMU1Qajk5NFZOUGMteDJmU0lKR1EydnJSQ1BXbmpNd0x4bXhfWHBHeHNnIiwib3JpZ2lu"             \
    "IjoiaHR0cHM6Ly9sb2NhbGhvc3Q6ODQ0MyIsImNyb3NzT3JpZ2luIjpmYWxzZX0"
#define UNVERIFIED_AUTHENTICATOR_DATA "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MBAAAAAg"
#define UNVERIFIED_SIGNATURE                                                                       \
    "MEYCIQCpFS8srSUdrxlJSkAA5CKGAoK6sbg4trbsFxsg9ZBUEgIhAMvFAwQfXYjMjNCRon4mpXC7XqaU"             \
    "Pt-I6UqpTIbH63vf"
#define OTHER_SITE_CLIENT_DATA                                                                     \
    "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiVFh4ekdCb3JqSFJ3clZYY2pHeU5YZ0FB"             \
    "QUFEMGhsY0E3ZzItRklNdGQtWUVmN2JkYWN3OGhyRDJoV3pBQXFuNi01ZFlPYURhdmRvIiwib3JpZ2lu"             \
    "IjoiaHR0cHM6Ly9sb2NhbGhvc3Q6ODQ0MyIsImNyb3NzT3JpZ2luIjpmYWxzZX0"
#define OTHER_SITE_AUTHENTICATOR_DATA "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LUFAAAAAg"
#define OTHER_SITE_SIGNATURE                                                                       \
    "MEYCIQDjYNcGWqiSt_p-v1NapWh78esw0mcL3UaClXSMZJFNJgIhAN5BUEnk4F1J-7PevuSp5HtGQoL7"             \
    "FiDf_c9sUcoDX4lS"
#define OTHER_ORIGIN_CLIENT_DATA                                                                   \
    "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiUjJmNlhIRHFkbjNYell0Z0Rac2NBZ0FB"             \
    "QUFEMGhsY0FicVp0QnctV0RoVUgzSnVjc0ppdkI0U1gyRzZkazJsODJsTmtlRkhsR0JJIiwib3JpZ2lu"             \
    "IjoiaHR0cHM6Ly9sb2NhbGhvc3QiLCJjcm9zc09yaWdpbiI6ZmFsc2V9"
#define OTHER_ORIGIN_AUTHENTICATOR_DATA "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAg"
#define OTHER_ORIGIN_SIGNATURE                                                                     \
    "MEQCIEke3_5QkeSRGBIS9oOblBg8zCF_mCRwOm6ouAZQKdssAiBvJ-sw1p6GopkdSwEB9JaQ8dqD7vVN"             \
    "HdCgHTuaO7UrYw"
#define FRAMED_CLIENT_DATA                                                                         \
    "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiWlM2bkp2SW9XLUc1eXhaVmc2UDZ5QUFB"             \
    "QUFEMGhsY0FXMEdfbGNaRHJobTNadVFyUEltUWFwcjJnMTV1bWMydjdOZlNzaE1Udjk4Iiwib3JpZ2lu"             \
    "IjoiaHR0cHM6Ly9sb2NhbGhvc3Q6ODQ0MyIsImNyb3NzT3JpZ2luIjp0cnVlfQ"
#define FRAMED_AUTHENTICATOR_DATA "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAg"
#define FRAMED_SIGNATURE                                                                           \
    "MEUCIEtOB1SRTFwQvCOJaXJjipOPQ9fWBbV-U6ddAGyaXbV6AiEA69b6iuKMYys8InjsmbJecvzD2L6z"             \
    "Vc5PuF-6ATZvJq8"
#define EXPIRED_CLIENT_DATA                                                                        \
    "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoic0dwa1ZqOW1iUDVzcUhsdDBFb2FId0FB"             \
    "QUFBQUFBUG9MR19IeVVSQkNYM3JlX3JhQWJmNHhsWGNiem90SUx3RFZ6ZUplbm05T3pZIiwib3JpZ2lu"             \
    "IjoiaHR0cHM6Ly9sb2NhbGhvc3Q6ODQ0MyIsImNyb3NzT3JpZ2luIjpmYWxzZX0"
#define EXPIRED_AUTHENTICATOR_DATA "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAg"
#define EXPIRED_SIGNATURE                                                                          \
    "MEYCIQDfl_4YUSxKDjQTttIkPm3iqvV9mNqHMdSVsb3mDxpvuAIhAIeNppWc0BEix08gTMMV6Fc0cL66"             \
    "MhIrNDSdOLNpuLdy"
#define OTHER_SESSION_CLIENT_DATA                                                                  \
    "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiWVFiY1FDMkMyNWhNekI5dmxUS2pRUUFB"             \
    "QUFEMGhsY0FMSkpId1o3dWl6SVhIbTlTNXlwdEZoMkFHdmJCS2FSMHJEeDBfTE90NTZBIiwib3JpZ2lu"             \
    "IjoiaHR0cHM6Ly9sb2NhbGhvc3Q6ODQ0MyIsImNyb3NzT3JpZ2luIjpmYWxzZX0"
#define OTHER_SESSION_AUTHENTICATOR_DATA "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAg"
#define OTHER_SESSION_SIGNATURE                                                                    \
    "MEUCICZb5xQzevISTUPttPAFXP3ckGuIYG2iCgrcVqd-vBhcAiEAkfangbmNvMwzx2tMwZD9Ys99KQ7D"             \
    "CyzqtWWWUVv_smk"
#define EDDSA_ID "4EuMnCiuwv5jBAC_J-aazZ0yzhfeHw6Nn1cZMK71B9Y"
#define EDDSA_CREATE_CLIENT_DATA                                                                   \
    "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoibWhiSDVwV2N2ZDdVNzZWTzJ6NU04"             \
    "QUFBQUFEMGhsY0FNekU0Ullzc0p5YjRDeGladER1ZGgxT2pPVExCUnJBVHZuc2YwV1piTjk4Iiwib3Jp"             \
    "Z2luIjoiaHR0cHM6Ly9sb2NhbGhvc3Q6ODQ0MyIsImNyb3NzT3JpZ2luIjpmYWxzZX0"
#define EDDSA_CREATE_AUTHENTICATOR_DATA                                                            \
    "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NFAAAAAAAAAAAAAAAAAAAAAAAAAAAAIOBLjJwo"             \
    "rsL-YwQAvyfmms2dMs4X3h8OjZ9XGTCu9QfWpAEBAycgBiFYIJDPns0KgZAnAWsDTiyzTO-6JDJ8cBGk"             \
    "_BSTm-RdTUvi"
#define EDDSA_GET_CLIENT_DATA                                                                      \
    "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiTEJNVUVDQTczWnpXNXNDVHIyeEdNZ0FB"             \
    "QUFEMGhsY0FFQnBURUw0TlRYdUZJbnBOb3FRVGxnbzNTUmd1MWp2SnVIbDl3XzlWRTdzIiwib3JpZ2lu"             \
    "IjoiaHR0cHM6Ly9sb2NhbGhvc3Q6ODQ0MyIsImNyb3NzT3JpZ2luIjpmYWxzZX0"
#define EDDSA_GET_AUTHENTICATOR_DATA "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAQ"
#define EDDSA_GET_SIGNATURE                                                                        \
    "CtKkAOTOnhBJj2qWU2PXyvcAW5ObCDqY4h3ETBOmfuPucC3Fwenk8EyRUzGjaunvjwUgnS--t8HqLbBO"             \
    "X3TZDQ"
#define RS256_ID "mWOCJKxpmaN-dBO88fOk_w4586sOon6SBzli4orvCJk"
#define RS256_CREATE_CLIENT_DATA                                                                   \
    "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiZHRwOVdMaFJzZFAyNTFhb0hESXVn"             \
    "QUFBQUFEMGhsY0FFay1YbnItZHlnS2R5a25GbktrSFJSby03YVNUb3VCVXg5TUlPRVlJMTdNIiwib3Jp"             \
    "Z2luIjoiaHR0cHM6Ly9sb2NhbGhvc3Q6ODQ0MyIsImNyb3NzT3JpZ2luIjpmYWxzZX0"
#define RS256_CREATE_AUTHENTICATOR_DATA                                                            \
    "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NFAAAAAAAAAAAAAAAAAAAAAAAAAAAAIJljgiSs"             \
    "aZmjfnQTvPHzpP8OOfOrDqJ-kgc5YuKK7wiZpAEDAzkBACBZAQC3A2p6KkDByGMs0PYbyAa-GFykWj42"             \
    "H0Dw0EhFXhq2s_qeV9Uf0PVc4wKahVHovM8G2MoFdn1s9yQCM6WIuloR43VVR-CNDlWO6OOG8c7U541E"             \
    "KAqPewPzcVZ97L7i9oMViqnCTXJgwqnT9cfdOCzvNUs28kjziu_Nx_uBd6bGfS-Ut8uNM_X_yMNMkNRf"             \
    "jZu3dsY3sk8yud6s59DLM4I3D1QrjxfRYhjZWGTbUvRyWLVm4NsaEBfZurevy88KUrSD2pr5IkxL7o29"             \
    "tNlgdi41gnslEPYLudaWlsuJwD0QE7CcNbXhNiUYiKqwzLwTJjXsMQ2FC94xtTp_0-OuVUqtIUMBAAE"
#define RS256_GET_CLIENT_DATA                                                                      \
    "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiZ0tPV1hLTkM0TTZOV0Q2c0tJenR0QUFB"             \
    "QUFEMGhsY0E1dTZacWJpRlM5OEhReTNVellPR0hxUWFSLURpUk5sd1RVT0pVbXZnZHZFIiwib3JpZ2lu"             \
    "IjoiaHR0cHM6Ly9sb2NhbGhvc3Q6ODQ0MyIsImNyb3NzT3JpZ2luIjpmYWxzZX0"
#define RS256_GET_AUTHENTICATOR_DATA "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAQ"
#define RS256_GET_SIGNATURE                                                                        \
    "f6KZ8BPCtRINJTJWtjNbmplwgKPm9pvXAo9DQ1QsCix5TSOLepgYwBHUkhyAv95CD2i7c9Z82YF8iskA"             \
    "LE7lUFmqDMsKcVCtImzLSEQkFAyck6FQRG-vNuhvdCDpO5pdpWph4qetWg4I-nWKGrjNc5aoWYJCBQmY"             \
    "kzWOFSI_eufT1kP5w4dEnYUxw78ZeOxU40Up1_3QMX8nzXurKOaSWG3mXZXaT2fB2ctRpD0pGz3ngKkz"             \
    "_5Xj17d4xAN8grQFjbqrbEAU9y8nJ7OJTbHsQabRYRBjdCrx4DGx1pcLr0D5QQJICDL-N6GXBxfkKp6W"             \
    "ve-7ejk3XAH7ZsvuM2zKvw"
